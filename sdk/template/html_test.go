package template

import (
	"testing"

	"github.com/plugboard/plugboard/sdk/jsondoc"
)

// What chats take: the template's own marks stand, and no value makes another. Of the SDKs Go's alone has these formats.
func TestChats(t *testing.T) {
	event := []byte(`{"type":"t","name":"Ada \"A\" <Köln> & 'Co'\n","id":"a/b?c"}`)
	for name, test := range map[string]struct {
		format     Format
		text, want string
	}{
		"HTML": {HTML, `<b>{{name}}</b> <a href="https://h.example/?q={{name}}">{{id}}</a>`,
			"<b>Ada \"A\" &lt;Köln&gt; &amp; 'Co'\n</b> <a href=\"https://h.example/?q=Ada &quot;A&quot; &lt;Köln&gt; &amp; &#39;Co&#39;\n\">a/b?c</a>"},
		"Slack's markup": {Mrkdwn, "*{{name}}* <https://h.example|{{type}}>", "*Ada \"A\" &lt;Köln&gt; &amp; 'Co'\n* <https://h.example|t>"},
	} {
		tpl, err := Parse(test.text, test.format)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsondoc.Parse(event)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Text(doc.Root()); err != nil || got != test.want {
			t.Errorf("%s: %v\nwant %s\n got %s", name, err, test.want, got)
		}
	}
	if _, err := Parse("<b {{name}}>", HTML); err == nil {
		t.Error("a value may choose a tag's attributes")
	}
}
