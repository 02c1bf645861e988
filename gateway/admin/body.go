package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the longest body that the API takes, in bytes, but for events.
const maxBody = 256 << 10

// bytesOf reads a request's whole body. When it cannot, it has answered and gives false.
func bytesOf(w http.ResponseWriter, r *http.Request, most int64) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", large.Limit))
	case err != nil:
		problem(w, http.StatusBadRequest, "the body did not arrive")
	default:
		return body, true
	}
	return nil, false
}

// jsonOf is bytesOf for a body that has to be JSON. A page of another site cannot send that type without asking first,
// which is never allowed.
func jsonOf(w http.ResponseWriter, r *http.Request, most int64, types ...string) ([]byte, bool) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !slices.Contains(types, media) {
		problem(w, http.StatusUnsupportedMediaType, "the body has to be JSON: send Content-Type: application/json")
		return nil, false
	}
	return bytesOf(w, r, most)
}

// read reads a JSON body strictly. When it cannot, it has answered and gives false.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	body, ok := jsonOf(w, r, maxBody)
	if !ok {
		return false
	}
	if err := strictly(body, into); err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return false
	}
	return true
}

// strictly decodes a whole JSON document whose members are all known.
func strictly(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("/%s wants another type, has %s", strings.ReplaceAll(wrong.Field, ".", "/"), wrong.Value)
	case err != nil:
		return errors.New(strings.Replace(err.Error(), "json: unknown field", "there is no member", 1))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body has more behind its JSON")
	}
	return nil
}

// made answers 201 with what was made, and where it is.
func (a *api) made(w http.ResponseWriter, at string, v any) {
	w.Header().Set("Location", at)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		a.Logger.Debug("answer not sent", "err", err)
	}
}

// cut is a page of a list that is in memory as a whole. It is ordered by key, and the cursor is the key of the page's last
// item, so that what comes and goes meanwhile makes no other item appear twice or not at all.
func cut[T any](q url.Values, items []T, key func(T) string, others ...string) (page []T, next string, err error) {
	limit, after, err := paging(q, others...)
	if err != nil {
		return nil, "", err
	}
	if after != "" {
		items = slices.DeleteFunc(slices.Clone(items), func(item T) bool { return key(item) <= after })
	}
	page, next = first(items, limit, key)
	return page, next, nil
}

// cutInOrder is cut for a list whose order means something, as that of routes does. The page begins behind the item that
// the cursor names; if that is gone, so is the place, and who reads has to begin anew.
func cutInOrder[T any](q url.Values, items []T, key func(T) string) (page []T, next string, err error) {
	limit, after, err := paging(q)
	if err != nil {
		return nil, "", err
	}
	if after != "" {
		at := slices.IndexFunc(items, func(item T) bool { return key(item) == after })
		if at < 0 {
			return nil, "", fmt.Errorf("cursor: there is no %q any more; the list has changed, begin without a cursor", after)
		}
		items = items[at+1:]
	}
	page, next = first(items, limit, key)
	return page, next, nil
}

// first are the first items, and the key of the last of them if there are more.
func first[T any](items []T, limit int, key func(T) string) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	return items[:limit], key(items[limit-1])
}

// paging reads limit and cursor.
func paging(q url.Values, others ...string) (limit int, cursor string, err error) {
	known := append([]string{"limit", "cursor"}, others...)
	for name := range q {
		if !slices.Contains(known, name) {
			return 0, "", fmt.Errorf("no parameter %q; there are %v", name, known)
		}
	}
	limit = 100
	if s := q.Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > 1000 {
			return 0, "", fmt.Errorf("limit %q is not a number from 1 to 1000", s)
		}
	}
	return limit, q.Get("cursor"), nil
}

// inOrder serves a list that is in memory as a whole, page by page.
func inOrder[T any](a *api, w http.ResponseWriter, r *http.Request, items []T, key func(T) string) {
	page, next, err := cutInOrder(r.URL.Query(), items, key)
	if err != nil {
		problem(w, http.StatusBadRequest, err.Error())
		return
	}
	a.answer(w, list(page, next))
}
