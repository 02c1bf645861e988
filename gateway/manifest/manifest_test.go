package manifest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/plugboard/plugboard/gateway/manifest"
)

func TestSection(t *testing.T) {
	small := []byte("\x00asm\x01\x00\x00\x00\x00\x06\x04nameX\x01\x01\x00")
	if m, err := manifest.Read(small); m != nil || err != nil {
		t.Fatalf("%q, %v", m, err)
	}
	first, err := manifest.Add(small, []byte(`{"name":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(first, small) {
		t.Errorf("%q does not begin with the module", first)
	}
	long := fmt.Sprintf(`{"name":"b","description":%q}`, strings.Repeat("x", 300))
	second, err := manifest.Add(first, []byte(long))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		in   []byte
		want string
	}{{first, `{"name":"a"}`}, {second, long}} {
		if got, err := manifest.Read(tt.in); string(got) != tt.want || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if n := bytes.Count(second, []byte(manifest.Section)); n != 1 || !bytes.HasPrefix(second, small) {
		t.Errorf("%d manifests in %q", n, second)
	}
	for _, bad := range []string{"", "\x00asm", "console.log(1)"} {
		if _, err := manifest.Read([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if _, err := manifest.Read(small[:len(small)-1]); err == nil {
		t.Error("a cut module was read")
	}
	if _, err := manifest.Add(small, []byte(`{"functions":["deliver"]}`)); err == nil {
		t.Error("a bad manifest was added")
	}
}

func TestParse(t *testing.T) {
	m, err := manifest.Parse([]byte(`{"name":"zendesk","version":"1.2.0","vendor":"zendesk","functions":["receive"],"state":true,"lookup":["agents"],"later":1}`))
	if err != nil || m.Name != "zendesk" || m.Version != "1.2.0" || !m.State || len(m.Lookup) != 1 || m.Check([]byte(`{"x":1}`)) != nil {
		t.Errorf("%+v, %v", m, err)
	}
	for _, tt := range []struct{ text, want string }{
		{`[]`, "cannot be read"},
		{`{"functions":["deliver"]}`, `a function "deliver"; there are receive, transform, format, judge, encode`},
		{`{"config":{"type":"text"}}`, `there is no type "text"`},
		{`{"config":{"oneOf":[]}}`, `unknown field "oneOf"`},
		{`{"config":{"pattern":"("}}`, "missing closing )"},
		{`{"config":{"items":{"pattern":"("}}}`, "missing closing )"},
		{`{"config":` + strings.Repeat(`{"items":`, 40) + `{}` + strings.Repeat(`}`, 41), "nested deeper"},
		{`{"name":"` + strings.Repeat("x", 256<<10) + `"}`, "longer than 256 KiB"},
	} {
		if _, err := manifest.Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60s: %v, want …%s…", tt.text, err, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	m, err := manifest.Parse([]byte(`{"config":{
		"type": "object", "required": ["account"], "additionalProperties": false,
		"properties": {
			"account": {"type": "string", "description": "The account's name.", "minLength": 2, "maxLength": 5, "pattern": "^[a-zé]+$"},
			"mode": {"enum": ["fast", 7]},
			"port": {"type": "integer", "minimum": 1, "maximum": 65535},
			"share": {"type": ["number", "null"]},
			"teams": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "object", "properties": {"id": {"type": "string"}}}},
			"names": {"type": "object", "additionalProperties": {"type": "boolean"}}
		}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ config, want string }{
		{`{"account":"main"}`, ""},
		{`{"account":"né","mode":"fast","port":80,"share":null,"teams":[{"id":"1","more":[]}],"names":{"a":true}}`, ""},
		{`{"account":"main","mode":7,"port":8.0e1,"share":0.5}`, ""},
		{`{}`, "the configuration has no account; write account: The account's name"},
		{`[]`, "the configuration is a list; make it a table"},
		{`{"account":7}`, "account is a number; make it a text: The account's name"},
		{`{"account":"é"}`, "account has less than 2 characters; write at least 2"},
		{`{"account":"abcdef"}`, "account has more than 5 characters; write at most 5"},
		{`{"account":"AB"}`, "account does not have the form that is asked for; write something that matches ^[a-zé]+$: The account's name"},
		{`{"account":"ab","accounts":1}`, "accounts is not a key that it knows; remove it; the keys are account, mode, names, port, share, teams"},
		{`{"account":"ab","mode":"slow"}`, `mode is none of what it may be; write "fast" or "7"`},
		{`{"account":"ab","port":1.5}`, "port is a number; make it a whole number"},
		{`{"account":"ab","port":0}`, "port has less than 1; write at least 1"},
		{`{"account":"ab","share":"x"}`, "share is a text; make it a number or null"},
		{`{"account":"ab","teams":[]}`, "teams has less than 1 items; write at least 1"},
		{`{"account":"ab","teams":[{},{"id":1}]}`, "teams[1].id is a number; make it a text"},
		{`{"account":"ab","names":{"a":1}}`, "names.a is a number; make it true or false"},
		{`{`, "it is not JSON: unexpected EOF; correct it"},
	} {
		var got []string
		for _, f := range m.Check([]byte(tt.config)) {
			got = append(got, f.What+"; "+f.Do)
		}
		if strings.Join(got, "\n") != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", tt.config, got, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	small := []byte("\x00asm\x01\x00\x00\x00\x00\x06\x04nameX")
	with, err := manifest.Add(small, []byte(`{"name":"a","config":{"type":"object","required":["x"]}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add(with)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		text, err := manifest.Read(wasm)
		if err != nil || text == nil {
			return
		}
		if m, err := manifest.Parse(text); err == nil {
			m.Check([]byte(`{"a":{"b":[1,"c",null,true]}}`))
			again, err := manifest.Add(wasm, text)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := manifest.Read(again); err != nil || !bytes.Equal(got, text) {
				t.Errorf("%q, %v", got, err)
			}
		}
	})
}
