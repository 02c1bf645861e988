package keyring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/keyring"
)

func generate(t testing.TB) *keyring.Ring {
	t.Helper()
	r, err := keyring.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealedOpensUnderItsNameAndKeyAlone(t *testing.T) {
	r, other := generate(t), generate(t)
	sealed, err := r.Seal([]byte("the value"), "a")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Seal([]byte("the value"), "a"); err != nil || bytes.Equal(sealed, again) {
		t.Errorf("the same text is sealed to the same bytes (%v)", err)
	}
	if text, err := r.Open(sealed, "a"); err != nil || string(text) != "the value" {
		t.Fatalf("%q, %v", text, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another name": func() ([]byte, error) { return r.Open(sealed, "b") },
		"another key":  func() ([]byte, error) { return other.Open(sealed, "a") },
		"nothing":      func() ([]byte, error) { return r.Open(nil, "a") },
		"cut short":    func() ([]byte, error) { return r.Open(sealed[:len(sealed)-1], "a") },
	} {
		if text, err := open(); !errors.Is(err, keyring.ErrWrongKey) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if text, err := r.Open(changed, "a"); !errors.Is(err, keyring.ErrWrongKey) {
			t.Fatalf("with byte %d changed: %q, %v", i, text, err)
		}
	}
}

func TestRotation(t *testing.T) {
	old := generate(t)
	before, err := old.Seal([]byte("v"), "n")
	if err != nil {
		t.Fatal(err)
	}
	both, err := old.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	after, err := both.Seal([]byte("v"), "n")
	if err != nil {
		t.Fatal(err)
	}
	latest, err := both.Latest()
	if err != nil {
		t.Fatal(err)
	}
	if old.Len() != 1 || both.Len() != 2 || latest.Len() != 1 {
		t.Fatalf("%d, %d, %d keys", old.Len(), both.Len(), latest.Len())
	}
	for _, c := range []struct {
		name   string
		ring   *keyring.Ring
		sealed []byte
		opens  bool
		now    bool
	}{
		{"old key, old seal", old, before, true, true}, {"old key, new seal", old, after, false, false},
		{"both, old seal", both, before, true, false}, {"both, new seal", both, after, true, true},
		{"new key, old seal", latest, before, false, false}, {"new key, new seal", latest, after, true, true},
	} {
		if _, err := c.ring.Open(c.sealed, "n"); (err == nil) != c.opens || c.ring.Current(c.sealed) != c.now {
			t.Errorf("%s: %v, current %v", c.name, err, c.ring.Current(c.sealed))
		}
	}
}

func TestRingsNeverPrint(t *testing.T) {
	r := generate(t)
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	if err := json.Unmarshal(text, &set); err != nil || len(set.Key) != 1 {
		t.Fatalf("%v, %d keys", err, len(set.Key))
	}
	raw, err := base64.StdEncoding.DecodeString(set.Key[0].KeyData.Value)
	if err != nil || len(raw) < 32 {
		t.Fatalf("%v, %d bytes", err, len(raw))
	}
	k, err := keyring.MakeStoreKey(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %v %#v %s", r, r, r, r, k, k, inJSON)
	for _, secret := range []string{set.Key[0].KeyData.Value, string(raw[len(raw)-32:]), fmt.Sprintf("%x", raw[len(raw)-8:])} {
		if strings.Contains(shown, secret) {
			t.Errorf("it prints itself: %s", shown)
		}
	}
}

func TestFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sub", "key")
	place := keyring.Place{File: file, Getenv: func(string) (string, bool) { return "", false }}
	if _, err := place.Load(); !errors.Is(err, keyring.ErrNone) || !strings.Contains(err.Error(), "secrets key") {
		t.Fatalf("without a file: %v", err)
	}
	r := generate(t)
	if err := keyring.Create(file, r); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if err := keyring.Create(file, generate(t)); err == nil {
		t.Fatal("a key was replaced by a first one")
	}
	sealed, err := r.Seal([]byte("v"), "n")
	if err != nil {
		t.Fatal(err)
	}
	opens := func(p keyring.Place) {
		t.Helper()
		again, err := p.Load()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Open(sealed, "n"); err != nil {
			t.Error(err)
		}
	}
	opens(place)
	text, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	inEnv := keyring.Place{File: "no such file", Getenv: func(name string) (string, bool) { return string(text), name == keyring.EnvName }}
	opens(inEnv)
	if !inEnv.InEnv() || place.InEnv() {
		t.Error("where the key is, is told wrongly")
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := place.Load(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key for everybody to read: %v", err)
	}
	if _, err := (keyring.Place{File: t.TempDir(), Getenv: place.Getenv}).Load(); err == nil {
		t.Error("a folder is taken for a key")
	}
}

func TestStoreKey(t *testing.T) {
	dir, r := t.TempDir(), generate(t)
	if _, err := keyring.LoadStoreKey(dir, r); !errors.Is(err, fs.ErrNotExist) || keyring.HasStoreKey(dir) {
		t.Fatal(err)
	}
	k, err := keyring.MakeStoreKey(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	derived := k.Derive("one")
	if len(derived) != 32 || bytes.Equal(derived, k.Derive("another")) {
		t.Error("purposes do not matter")
	}
	both, err := r.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	latest, err := both.Latest()
	if err != nil {
		t.Fatal(err)
	}
	if err := keyring.ResealStoreKey(dir, both); err != nil {
		t.Fatal(err)
	}
	again, err := keyring.MakeStoreKey(dir, latest)
	if err != nil || !bytes.Equal(again.Derive("one"), derived) {
		t.Errorf("after the master key was replaced the store's key is another one (%v)", err)
	}
	if _, err := keyring.MakeStoreKey(dir, r); !errors.Is(err, keyring.ErrWrongKey) || !strings.Contains(err.Error(), dir) {
		t.Errorf("with the former master key: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	r := generate(f)
	text, err := r.Text()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"primaryKeyId":1,"key":[{"keyData":{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey","value":"GhAB","keyMaterialType":"SYMMETRIC"},"status":"ENABLED","keyId":1,"outputPrefixType":"TINK"}]}`))
	f.Add([]byte(`{"primaryKeyId":1,"key":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := keyring.Parse(text)
		if err != nil {
			if len(text) > 20 && strings.Contains(err.Error(), string(text)) {
				t.Errorf("the error shows the key: %v", err)
			}
			return
		}
		sealed, err := r.Seal([]byte("v"), "n")
		if err != nil {
			t.Fatal(err)
		}
		if v, err := r.Open(sealed, "n"); err != nil || string(v) != "v" {
			t.Fatalf("a key that does not open what it sealed: %q, %v", v, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	r := generate(b)
	b.ReportAllocs()
	for b.Loop() {
		sealed, err := r.Seal([]byte("a secret of the usual length"), "name")
		if err == nil {
			_, err = r.Open(sealed, "name")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
