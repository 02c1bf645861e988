package powercut

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// atEnv makes the test program the file system: mounted where it says, with what is in the folder of folderEnv.
const (
	atEnv     = "PLUGBOARD_POWERCUT_AT"
	folderEnv = "PLUGBOARD_POWERCUT_FOLDER"
)

// Main serves the file system and does not return, if the process was started for that; else it does nothing. A test
// program calls it first in its TestMain.
func Main() {
	at := os.Getenv(atEnv)
	if at == "" {
		return
	}
	if err := serve(at, os.Getenv(folderEnv)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve mounts, says "mounted", and obeys orders for a cut, one JSON document each, until its input ends.
func serve(at, folder string) error {
	s := newSystem()
	if err := s.image.load(s.image.root(), folder); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // in a name space of its own
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("powercut: make mounts private: %w", err)
		}
	}
	server, err := fuse.NewServer(s, at, &fuse.MountOptions{
		FsName: "powercut", Name: "powercut", DirectMount: true, DisableXAttrs: true, DisableReadDirPlus: true,
		ExplicitDataCacheControl: true, // or the kernel forgets pages when a time changes that it has not set
		MaxWrite:                 1 << 20,
	})
	if err != nil {
		return fmt.Errorf("powercut: mount on %s: %w", at, err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return err
	}
	fmt.Println("mounted")
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		var c Cut
		if err := json.Unmarshal(orders.Bytes(), &c); err != nil {
			return err
		}
		go s.order(c) // it does not return once the cut has come
	}
	return server.Unmount() // the test has ended or forgot to kill us
}

// patience is how long a cut waits for its request before it comes all the same.
const patience = 200 * time.Millisecond

func (s *system) order(c Cut) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = newCut(c)
	if c.Now {
		s.cut.come(s.image)
	}
	time.AfterFunc(patience, func() {
		s.mu.Lock() // not to be had once it has come
		s.cut.come(s.image)
	})
}
