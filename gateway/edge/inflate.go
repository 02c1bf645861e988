package edge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// maxRatio is how many times larger than what was sent a body may become. JSON stays below ten.
const maxRatio = 20

var (
	errTooLarge = errors.New("the body is larger than max_body, or more than 20 times what was sent")
	errEncoding = errors.New("content-encoding is neither gzip nor deflate")
)

// inflate gives the body that content-encoding wraps, in memory of its own; body itself when there is none. It stops at
// limit bytes and at maxRatio, so that no body costs more than it is allowed to be.
func inflate(encoding string, body []byte, limit int64) ([]byte, error) {
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gunzip(body, limit)
	case "deflate":
		return undeflate(body, limit)
	}
	return nil, errEncoding
}

var gzips sync.Pool

func gunzip(body []byte, limit int64) ([]byte, error) {
	r, _ := gzips.Get().(*gzip.Reader)
	var err error
	if r == nil {
		r, err = gzip.NewReader(bytes.NewReader(body))
	} else {
		err = r.Reset(bytes.NewReader(body))
	}
	if err != nil {
		return nil, fmt.Errorf("the body is not gzip: %w", err)
	}
	out, err := drain(r, body, limit)
	if err != nil {
		return nil, wrap("gzip", err)
	}
	gzips.Put(r)
	return out, nil
}

// undeflate reads what HTTP calls deflate: zlib's format, but also the bare one that some senders mean.
func undeflate(body []byte, limit int64) ([]byte, error) {
	source := bufio.NewReader(bytes.NewReader(body))
	var r io.ReadCloser
	if len(body) >= 2 && body[0]&0x0F == 8 && (uint16(body[0])<<8|uint16(body[1]))%31 == 0 {
		var err error
		if r, err = zlib.NewReader(source); err != nil {
			return nil, wrap("deflate", err)
		}
	} else {
		r = flate.NewReader(source)
	}
	out, err := drain(r, body, limit)
	if err != nil {
		return nil, wrap("deflate", err)
	}
	if _, err := source.ReadByte(); err != io.EOF {
		return nil, errors.New("the body is not deflate: there is more behind its end")
	}
	return out, nil
}

func wrap(encoding string, err error) error {
	if errors.Is(err, errTooLarge) {
		return err
	}
	return fmt.Errorf("the body is not %s: %w", encoding, err)
}

// drain reads to the end, or a byte past what is allowed.
func drain(r io.Reader, body []byte, limit int64) ([]byte, error) {
	limit = min(limit, int64(len(body))*maxRatio)
	var out bytes.Buffer
	out.Grow(int(min(limit, int64(len(body))*4)) + bytes.MinRead)
	n, err := out.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, errTooLarge
	}
	return out.Bytes(), nil
}
