package edge

import (
	"strconv"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"github.com/plugboard/plugboard/queue"
	"github.com/plugboard/plugboard/sdk/jsondoc"
)

const contentJSON = "application/json"

// answerAccepted writes {"id","events","deliveries"}: a repeat is answered as the first one was.
func answerAccepted(ctx *fasthttp.RequestCtx, receipts []queue.Receipt) {
	var room [512]byte
	body := append(room[:0], `{"id":`...)
	deliveries := 0
	if len(receipts) == 0 {
		body = append(body, `"","events":[`...)
	} else {
		body = jsondoc.AppendString(body, receipts[0].ID)
		body = append(body, `,"events":[`...)
	}
	for i := range receipts {
		if i > 0 {
			body = append(body, ',')
		}
		body = jsondoc.AppendString(body, receipts[i].ID)
		deliveries += receipts[i].Deliveries
	}
	body = append(body, `],"deliveries":`...)
	body = strconv.AppendInt(body, int64(deliveries), 10)
	answer(ctx, fasthttp.StatusAccepted, append(body, '}'))
}

// answerAside tells a sender that its request is kept, though nobody could read it.
func answerAside(ctx *fasthttp.RequestCtx, id string) {
	body := jsondoc.AppendString([]byte(`{"id":`), id)
	answer(ctx, fasthttp.StatusAccepted, append(body, `,"events":[],"deliveries":0,"aside":true}`...))
}

func answerError(ctx *fasthttp.RequestCtx, status int, reason string) {
	body := jsondoc.AppendString([]byte(`{"error":`), reason)
	answer(ctx, status, append(body, '}'))
}

func answer(ctx *fasthttp.RequestCtx, status int, body []byte) {
	ctx.Response.SetStatusCode(status)
	ctx.Response.Header.SetContentType(contentJSON)
	ctx.Response.SetBody(body)
}

// answerReply writes a plugin's own answer. Its headers were checked when it was read.
func answerReply(ctx *fasthttp.RequestCtx, r *Reading) {
	ctx.Response.SetStatusCode(r.Reply.Status)
	for _, h := range r.Reply.Headers {
		ctx.Response.Header.Set(h.Name, h.Value)
	}
	ctx.Response.SetBody(r.Reply.Body)
}

// printable keeps what a sender wrote from breaking a line of an answer or a log.
func printable(text string) string {
	const most = 64 // bytes
	if len(text) > most {
		end := most
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}
