package replay

import (
	"errors"

	"github.com/plugboard/plugboard/queue"
)

// rejected reads requests again that were set aside.
func (p *plan) rejected() error {
	for {
		found, err := p.Store.Rejected(p.ctx, p.filter(*p.q.Filter, true))
		if err != nil {
			return err
		}
		for _, r := range found.Items {
			if err := p.reread(r); err != nil {
				return err
			}
		}
		if !p.more(found.Next) {
			return nil
		}
	}
}

// reread reads one request as its source's plugin reads it now. It is forgotten once its events are on disk: between the
// two a crash leaves both, and the events' IDs tell that they are the same where the vendor gives them one.
func (p *plan) reread(r queue.Rejected) error {
	entries, writes, kept, why := p.Setup.Read(p.ctx, r)
	if kept {
		p.skip(r.ID, why)
		return nil
	}
	if p.q.DryRun {
		p.did(r.ID)
		return nil
	}
	var ids []string
	for i := range entries {
		ev := &entries[i].Event
		// When it came in it was not an event yet, and lists go by when events came.
		ev.Received = p.now()
		if p.q.To != "" {
			key, err := p.Setup.Key(p.q.To, ev)
			if err != nil {
				key = ev.Subject
			}
			entries[i].Owed = []queue.Owed{{Destination: p.q.To, Route: "replay", Key: key}}
		}
		for _, o := range entries[i].Owed {
			ids = append(ids, ev.ID+"/"+o.Destination)
		}
	}
	var err error
	if len(entries) > 0 {
		_, err = p.Store.Enqueue(p.ctx, entries...)
	} else if len(writes) > 0 {
		err = p.Store.Remember(p.ctx, writes...)
	}
	if err != nil {
		return err
	}
	p.did(r.ID, ids...)
	if err := p.Store.Forget(p.ctx, r.ID); err != nil && !errors.Is(err, queue.ErrNotFound) {
		return err
	}
	return nil
}
