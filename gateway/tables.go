package gateway

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/plugboard/plugboard/gateway/admin"
	"github.com/plugboard/plugboard/gateway/config"
	"github.com/plugboard/plugboard/gateway/feed"
	"github.com/plugboard/plugboard/gateway/table"
)

// openTables opens the tables of a configuration. One that is in use already goes on as the same handle, even where its
// file is broken now; what cannot be opened at all is a config.Faults.
func openTables(cfg *config.Config, before table.Set) (table.Set, error) {
	set := table.Set{}
	var fs config.Faults
	for _, t := range cfg.Tables {
		o := table.Options{File: t.File, Key: t.Key, Value: t.Value}
		if old := before[t.Name]; old != nil && old.Options() == o {
			set[t.Name] = old
			continue
		}
		opened, err := table.Open(o)
		if err != nil {
			what, do := err.Error(), "correct it"
			var e *table.Error
			if errors.As(err, &e) {
				what, do = e.At()+": "+e.What, e.Do
			}
			fs = append(fs, cfg.Fault("table "+t.Name+": "+what, do, "tables", t.Name, "file"))
			continue
		}
		set[t.Name] = opened
	}
	if fs != nil {
		return set, fs
	}
	return set, nil
}

// refreshTables reads tables again whose files may have changed, and says in the log and on the feed what came of it.
// Called with g.mu held.
func (g *Gateway) refreshTables(only func(file string) bool) {
	for _, name := range slices.Sorted(maps.Keys(g.current.tables)) {
		t := g.current.tables[name]
		if !only(t.Options().File) {
			continue
		}
		before := t.Info().Refused
		changed, err := t.Refresh()
		note := feed.Note{Kind: feed.Table, Time: time.Now(), Table: name}
		switch {
		case err != nil && err.Error() != before:
			note.Result, note.Reason = "refused, its old rows go on", err.Error()
			g.log.Error("table refused; its old rows go on", "table", name, "err", err)
		case changed:
			note.Result = "reloaded"
			g.log.Info("table reloaded", "table", name, "rows", t.Info().Rows)
		default:
			continue
		}
		g.feed.Publish(note)
	}
}

func tableInfo(set table.Set) []admin.TableInfo {
	var list []admin.TableInfo
	for _, name := range slices.Sorted(maps.Keys(set)) {
		i := set[name].Info()
		list = append(list, admin.TableInfo{Name: name, File: i.File, Rows: i.Rows, Hash: i.Hash, Loaded: i.Loaded, Refused: i.Refused})
	}
	return list
}
