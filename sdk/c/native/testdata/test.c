/* Tests of the SDK through what it offers, natively. Each fault is a line; the exit status says whether there were any. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int faults;
static const char *running;

static void fault(int line, const char *what, pb_text got, const char *want) {
	faults++;
	printf("test.c:%d: %s: %s:\nwant %s\n got %.*s\n", line, running, what, want, (int)got.len, got.at ? got.at : "");
}

#define SAME(got, want) same_text(__LINE__, #got, got, want)
#define TRUE(condition) \
	do { \
		if (!(condition)) fault(__LINE__, #condition, PB("false"), "true"); \
	} while (0)

static void same_text(int line, const char *what, pb_text got, const char *want) {
	if (!pb_is(got, want)) fault(line, what, got, want);
}

static pb_text C(const char *s) { return pb_text_of(s); }

static void reads_json_strictly(void) {
	static const char *good[] = {"null", " true ", "-0.5e+3", "\"\"", "[]", "{}", "[1,[2,{\"a\":[]}],\"x\"]",
		"\"\\u00e4\\ud83d\\ude00\\/\"", "{\"a\":1,\"a\":2}", "\"\xc3\xa4\xf0\x9f\x98\x80 and more, so that it is long\""};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!pb_parse(C(good[i]))) fault(__LINE__, good[i], pb_parse_error(), "no fault");
	static const char *bad[][2] = {
		{"", "text ends too early (byte 0)"}, {"{", "text ends too early (byte 1)"}, {"[1,]", "want a value (byte 3)"},
		{"[1 2]", "want a comma or ] after an array's element (byte 3)"}, {"{\"a\":1,}", "want a member's name in quotes (byte 7)"},
		{"{\"a\" 1}", "want a colon after a member's name (byte 5)"}, {"{\"a\":1]", "want a comma or } after an object's member (byte 6)"},
		{"01", "want a value (byte 0)"}, {"1.", "want a value (byte 0)"}, {"1e", "want a value (byte 0)"}, {"-", "want a value (byte 0)"},
		{"tru", "want a value (byte 0)"}, {"1 2", "text goes on after the value (byte 2)"}, {"\"a\nb\"", "control character in a string (byte 2)"},
		{"\"\\x\"", "malformed escape in a string (byte 1)"}, {"\"\\u12g4\"", "malformed escape in a string (byte 1)"},
		{"\"abc", "text ends too early (byte 4)"}, {"\"\xff\"", "string is not valid UTF-8 (byte 1)"},
		{"\"\xc0\x80\"", "string is not valid UTF-8 (byte 1)"}, {"\"\xed\xa0\x80\"", "string is not valid UTF-8 (byte 1)"},
		{"{\"\xf5\":1}", "string is not valid UTF-8 (byte 2)"}, {"\"\xe2\x82\"", "string is not valid UTF-8 (byte 1)"}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (pb_parse(C(bad[i][0]))) fault(__LINE__, bad[i][0], PB("no fault"), bad[i][1]);
		else SAME(pb_parse_error(), bad[i][1]);
	}
	char deep[1027];
	memset(deep, '[', 513), memset(deep + 513, ']', 513);
	TRUE(pb_parse((pb_text){deep + 1, 1024}));
	TRUE(!pb_parse((pb_text){deep, 1026}));
	SAME(pb_parse_error(), "nested deeper than 512 (byte 512)");
}

static void reads_values_by_path(void) {
	pb_value doc = pb_parse(PB("{\"id\":9007199254740993123,\"a.b\":{\"c\\\\d\":1},\"list\":[{\"n\":\"\\u00e4\\ud83d\\ude00\\ud800\"},null,\"63\"],"
		"\"t\":\"true\",\"x\":{\"y\":\"old\"},\"x\":{\"y\":\"new\"},\"nothing\":null,\"long name of a member\":\"1e2\",\"e\\u0041\":0}"));
	int64_t n = 0;
	bool b = false;
	double f = 0;
	SAME(pb_str(pb_get(doc, "id")), "9007199254740993123");
	TRUE(pb_int(pb_get(doc, "id"), &n) && n == 9007199254740993123);
	SAME(pb_str(pb_get(doc, "list.0.n")), "ä😀\xef\xbf\xbd");
	TRUE(pb_int(pb_get(doc, "list.2"), &n) && n == 63 && pb_len(pb_get(doc, "list")) == 3 && !pb_get(doc, "list.3"));
	SAME(pb_str(pb_get(doc, "x.y")), "new");
	TRUE(!pb_get(doc, "x.y.z") && !pb_get(doc, "list.-1") && !pb_get(doc, "list.n") && !pb_get(NULL, "x") && !pb_get(doc, "e"));
	TRUE(pb_bool(pb_get(doc, "t"), &b) && b && !pb_bool(pb_get(doc, "id"), &b));
	TRUE(pb_float(pb_get(doc, "long name of a member"), &f) && f == 100);
	SAME(pb_key(PB("a.b\\c")), "a\\.b\\\\c");
	SAME(pb_str(pb_get(doc, "a\\.b.c\\\\d")), "1");
	SAME(pb_str(pb_get(pb_member(doc, PB("a.b")), "c\\\\d")), "1");
	SAME(pb_str(pb_get(doc, "eA")), "0");
	TRUE(pb_kind_of(pb_get(doc, "nothing")) == PB_NULL && pb_empty(pb_get(doc, "nothing")) && pb_kind_of(pb_get(doc, "none")) == PB_ABSENT);
	TRUE(pb_len(doc) == 9);
	TRUE(pb_int(pb_parse(PB("-9223372036854775808")), &n) && n == INT64_MIN && !pb_int(pb_parse(PB("9223372036854775808")), &n));
	static const char *floats[] = {"0", "-0.1", "123456789.125", "1e-7", "1.5e300", "3.141592653589793", "1e22", "42e1"};
	for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
		if (!pb_float(pb_parse(C(floats[i])), &f) || f != strtod(floats[i], NULL)) fault(__LINE__, "a float", pb_decimal((int64_t)f), floats[i]);
	TRUE(!pb_float(pb_parse(PB("1e999")), &f) && !pb_float(pb_parse(PB("\"inf\"")), &f));
}

static void writes_objects_by_path_and_loses_nothing(void) {
	pb_value doc = pb_parse(PB("{\"a\":{\"id\":7,\"n\":\"n/a\"},\"b\":[],\"c\":\"\",\"d\":null,\"e\":[1,{\"f\":{}},[]],\"g\\\"\":\"h\\u0041\",\"dup\":1,\"dup\":2}"));
	pb_obj o = pb_new_object();
	TRUE(pb_str_from(o, "id", pb_get(doc, "a.id")) && !pb_int_from(o, "n", pb_get(doc, "a.n")));
	pb_set_str(o, "empty", PB(""));
	pb_object(o, "nothing.in.here");
	pb_set_str(o, "text", PB("a\"b\\c\n\x01ä\xff"));
	pb_set_str(o, "text2", PB("x"));
	pb_set_str(o, "text2", PB("y"));
	pb_set_str(o, "with\\.dot", PB("z"));
	pb_append(o, "list", PB(""));
	pb_append(o, "list", PB("p"));
	pb_set_int(pb_append_object(o, "objects"), "k", INT64_MIN);
	pb_set_bool(o, "gone", true);
	pb_remove(o, "gone");
	pb_take(doc, "dup");
	pb_set_rest(o, "rest", doc);
	TRUE(pb_set_time(o, "when", PB("2025-03-04T08:00:00.120+01:00")) && !pb_set_time(o, "never", PB("yesterday")));
	TRUE(pb_set_raw(o, "raw", PB("[1, 2]")) && !pb_set_raw(o, "broken", PB("[1")));
	SAME(pb_write(o), "{\"id\":\"7\",\"text\":\"a\\\"b\\\\c\\n\\u0001ä\xef\xbf\xbd\",\"text2\":\"y\",\"with.dot\":\"z\",\"list\":[\"\",\"p\"],"
		"\"objects\":[{\"k\":-9223372036854775808}],\"rest\":{\"a\":{\"n\":\"n/a\"},\"e\":[1,[]],\"g\\\"\":\"h\\u0041\"},"
		"\"when\":\"2025-03-04T07:00:00.12Z\",\"raw\":[1, 2]}");
	TRUE(pb_has(o, "list") && !pb_has(o, "gone") && !pb_has(o, "nothing"));
	SAME(pb_write(pb_new_object()), "{}");
}

static void reads_and_writes_times(void) {
	static const char *times[][2] = {{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"}, {"2024-02-29t23:59:59.1234567899z", "2024-02-29T23:59:59.123456789Z"},
		{"0000-01-01T00:30:00+01:00", NULL}, {"9999-12-31T23:59:59-00:01", NULL}, {"0000-03-01T00:00:00Z", "0000-03-01T00:00:00Z"},
		{"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"}, {"2023-02-29T00:00:00Z", NULL}, {"2025-13-01T00:00:00Z", NULL},
		{"2025-03-04T24:00:00Z", NULL}, {"2025-03-04T10:00:00", NULL}, {"2025-03-04T10:00:00.Z", NULL}, {"2025-03-04 10:00:00Z", NULL},
		{"2025-03-04T10:00:00+0a:00", NULL}, {"20a5-03-04T10:00:00Z", NULL}};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		pb_obj o = pb_new_object();
		bool ok = pb_set_time(o, "t", C(times[i][0]));
		if (ok != (times[i][1] != NULL)) fault(__LINE__, times[i][0], pb_write(o), times[i][1] ? times[i][1] : "no time");
		else if (ok) SAME(pb_str(pb_get(pb_parse(pb_write(o)), "t")), times[i][1]);
	}
	pb_obj o = pb_new_object();
	pb_set_instant(o, "a", pb_micros(1741073755122651));
	pb_set_instant(o, "b", pb_micros(-1));
	pb_set_instant(o, "c", (pb_instant){INT64_MAX, 5});
	SAME(pb_write(o), "{\"a\":\"2025-03-04T07:35:55.122651Z\",\"b\":\"1969-12-31T23:59:59.999999Z\",\"c\":\"9999-12-31T23:59:59Z\"}");
}

static bool rendered(pb_value test, pb_value event, pb_text *out) {
	static const char *const formats[] = {"text", "json", "xml", "form", "url", "header", "html", "mrkdwn"};
	int format = 0;
	while (format < 8 && !pb_is(pb_str(pb_get(test, "format")), formats[format])) format++;
	TRUE(format < 8);
	const pb_template *t = pb_template_parse(pb_str(pb_get(test, "template")), (pb_format)format, out);
	return t && pb_render(t, event, out);
}

static bool holds_text(pb_text s, pb_text part) {
	for (size_t i = 0; i + part.len <= s.len; i++)
		if (memcmp(s.at + i, part.at, part.len) == 0) return true;
	return false;
}

/* The cases that the templates of every SDK are held to. */
static void renders_and_refuses_templates(void) {
	FILE *f = fopen("../../template/testdata/cases.json", "rb");
	static char text[1 << 16];
	size_t n = f ? fread(text, 1, sizeof text, f) : 0;
	pb_value cases = pb_parse((pb_text){text, n}), event = pb_get(cases, "event"), renders = pb_get(cases, "renders");
	pb_value refuses = pb_get(cases, "refuses");
	pb_text out;
	TRUE(pb_len(renders) > 20 && pb_len(refuses) > 40);
	for (pb_value t = pb_first(renders); t; t = pb_next(renders, t)) {
		pb_text want = pb_str(pb_get(t, "want"));
		if (!rendered(t, event, &out) || !pb_same(out, want)) fault(__LINE__, "template", out, pb_cat(want, PB("\0")).at);
	}
	for (pb_value t = pb_first(refuses); t; t = pb_next(refuses, t)) {
		pb_text want = pb_str(pb_get(t, "want"));
		if (rendered(t, event, &out) || !holds_text(out, want)) fault(__LINE__, "refused template", out, pb_cat(want, PB("\0")).at);
	}
	if (f) fclose(f);
}

static pb_end look_around(pb_request *r, pb_events *out) {
	pb_value form = pb_form(r);
	SAME(pb_str(pb_get(form, "x")), "2");
	SAME(pb_str(pb_get(form, "y")), "a ä%zz");
	SAME(pb_str(pb_get(pb_query_fields(r), "q")), "/");
	SAME(pb_header(r, "x-a"), "v");
	TRUE(pb_header(r, "x-b").at == NULL && pb_method(r).len == 0);
	SAME(pb_lookup(PB("agents"), PB("7")), "Ada");
	TRUE(pb_lookup(PB("agents"), PB("8")).at == NULL);
	pb_text mac = pb_sign(PB("known"), PB_HMAC_SHA1, PB("x"));
	TRUE(mac.len == 4 && mac.at[0] == 0 && pb_sign(PB("other one"), PB_HMAC_SHA256, PB("x")).at == NULL);
	TRUE(pb_state(PB("seen")).at == NULL);
	pb_set_state(PB("seen"), PB("yes"), 60);
	SAME(pb_state(PB("seen")), "yes");
	TRUE(pb_fact("long").len == 3000);
	pb_reply_header(pb_reply(out, 200, PB("pong")), "x.y", PB("z"));
	pb_warn(PB("odd"));
	return pb_done();
}

static pb_end refuse(pb_request *r, pb_events *out) {
	if (!pb_json(r)) return pb_reject(pb_cat(PB("no: "), pb_parse_error()));
	pb_add(out, "x");
	return pb_drop(PB(""));
}

static pb_end name_echo(pb_request *r, pb_events *out) {
	(void)r;
	pb_echo(pb_add(out, "x"), PB("agent/7"), PB("away"));
	return pb_done();
}

static pb_end pass(pb_incoming *in, pb_outgoing *out) { return (void)in, (void)out, pb_done(); }
static pb_end leave(pb_answer *a, pb_verdict *v) { return (void)a, (void)v, pb_done(); }

static void begin(const char *input) {
	host_reset();
	host_input = C(input);
}

static void a_call_ends_as_it_is_told(void) {
	static char long_fact[3001];
	memset(long_fact, 'x', 3000);
	begin("x=1&y=a+%C3%A4%zz&x=2");
	host_fact("query", "q=%2F"), host_fact("header.x-a", "v"), host_fact("long", long_fact);
	TRUE(pb_run_receive(look_around) == 0);
	SAME(host_output, "{\"reply\":{\"status\":200,\"body\":\"pong\",\"headers\":{\"x.y\":\"z\"}}}");
	SAME(host_logged, "odd");
	begin("{");
	TRUE(pb_run_receive(refuse) == 1 && host_stop_kind == 1 && host_output.at == NULL);
	SAME(host_stopped, "no: text ends too early (byte 1)");
	begin("{}");
	TRUE(pb_run_receive(refuse) == 2 && host_stop_kind == 2 && host_output.at == NULL);
	begin("{}");
	TRUE(pb_run_receive(name_echo) == 0);
	SAME(host_output, "{\"events\":[{\"type\":\"x\",\"echo\":{\"key\":\"agent/7\",\"value\":\"away\"}}]}");
	begin("{");
	TRUE(pb_run_format(pass) == 4 && host_stop_kind == 4);
	SAME(host_stopped, "event is not JSON: text ends too early (byte 1)");
	begin("{}");
	TRUE(pb_run_format(pass) == 0);
	SAME(host_output, "{\"request\":{}}");
	begin("{}");
	TRUE(pb_run_judge(leave) == 0 && host_output.at == NULL);
	static char big[300001];
	memset(big, ' ', 300000), big[0] = '7';
	begin(big);
	TRUE(pb_run_receive(refuse) == 2);
}

static pb_end write_request(pb_incoming *in, pb_outgoing *q) {
	TRUE(pb_attempt(in) == 3);
	SAME(pb_str(pb_get(pb_memo_of(in), "step")), "put");
	pb_path(q, PB("agents"), PB("a/b ü"), PB(".."));
	pb_set_query(q, "a.b", PB("c"));
	pb_set_header(q, "x", PB("y"));
	pb_bytes_body(q, PB("\0\xff\x10"));
	pb_effect(q, PB("k"), PB("v"));
	pb_set_int(pb_memo(q), "n", 1);
	return pb_done();
}

static pb_end rebuild(pb_incoming *in, pb_outgoing *q) {
	pb_set_str(pb_json_body(q), "kind", pb_str(pb_in(in, "cctype")));
	return pb_done();
}
PB_ENCODE(rebuild)

static pb_end decide(pb_answer *a, pb_verdict *v) {
	int64_t n = 0;
	TRUE(pb_status(a) == 429 && pb_step(a) == 2);
	SAME(pb_answer_header(a, "retry-after"), "5");
	SAME(pb_str(pb_in(pb_answer_event(a), "id")), "7");
	SAME(pb_answer_body(a), "{\"n\":7}");
	TRUE(pb_int(pb_get(pb_answer_json(a), "n"), &n) && n == 7);
	SAME(pb_str(pb_get(pb_answer_memo(a), "k")), "1");
	pb_again_after(v, 5, PB(""));
	pb_again_at(v, PB("2025-03-04T08:00:00Z"), PB(""));
	pb_refresh_auth(v);
	pb_slow_down(v, 30);
	pb_no_effect(v);
	pb_copy_from(pb_keep(v), "url", pb_get(pb_sent(a), "url"));
	return pb_done();
}

static void writes_requests_and_verdicts(void) {
	begin("{\"id\":\"1\",\"data\":{}}");
	host_fact("attempt", "3"), host_fact("memo", "{\"step\":\"put\"}");
	TRUE(pb_run_format(write_request) == 0);
	SAME(host_output, "{\"request\":{\"url\":\"/agents/a%2Fb%20%C3%BC/%2E%2E\",\"query\":{\"a.b\":\"c\"},\"headers\":{\"x\":\"y\"},"
		"\"body_base64\":\"AP8Q\"},\"effect\":{\"key\":\"k\",\"value\":\"v\"},\"memo\":{\"n\":1}}");
	begin("{\"cctype\":\"T\"}");
	TRUE(pb_export_encode() == 0);
	SAME(host_output, "{\"request\":{\"json\":{\"kind\":\"T\"}}}");
	begin("{\"event\":{\"id\":\"7\"},\"step\":2,\"request\":{\"url\":\"/x\"},\"response\":{\"status\":429,\"headers\":{\"Retry-After\":[\"5\",\"6\"]},"
		"\"body_base64\":\"eyJuIjo3fQ==\"},\"memo\":{\"k\":1}}");
	TRUE(pb_run_judge(decide) == 0);
	SAME(host_output, "{\"retry\":{\"reason\":\"the plugin asked to try again\",\"after\":\"5s\",\"at\":\"2025-03-04T08:00:00Z\",\"refresh_auth\":true},"
		"\"slow_down\":\"30s\",\"effect\":null,\"memo\":{\"url\":\"/x\"}}");
}

static pb_end change(pb_incoming *in, pb_events *out) {
	pb_event e = pb_copy(out, in);
	pb_remove(e.obj, "data.gone");
	pb_attribute(e, "ccnew", PB("n"));
	pb_received(pb_add(out, "b"), PB("2025-03-04T08:00:00Z"));
	return pb_done();
}

static void copies_events(void) {
	begin("{\"type\":\"a\",\"data\":{\"x.y\":1,\"list\":[null,{\"k\":\"\"}],\"gone\":\"z\",\"empty\":{}}}");
	TRUE(pb_run_transform(change) == 0);
	SAME(host_output, "{\"events\":[{\"type\":\"a\",\"data\":{\"x.y\":1,\"list\":[null,{\"k\":\"\"}]},\"ccnew\":\"n\"},"
		"{\"type\":\"b\",\"ccreceived\":\"2025-03-04T08:00:00Z\",\"time\":\"2025-03-04T08:00:00Z\",\"data\":{\"derived\":[\"time\"]}}]}");
}

static void decodes_configuration(void) {
	struct {
		pb_text account;
		int64_t limit;
		bool silent;
		double share;
		pb_value names;
	} c = {.limit = 10};
	struct config;
	static const pb_field fields[] = {{"account", 0, PB_TEXT}};
	const pb_field all[] = {{"account", (size_t)((char *)&c.account - (char *)&c), PB_TEXT}, {"limit", (size_t)((char *)&c.limit - (char *)&c), PB_INT},
		{"silent", (size_t)((char *)&c.silent - (char *)&c), PB_FLAG}, {"share", (size_t)((char *)&c.share - (char *)&c), PB_REAL},
		{"names", (size_t)((char *)&c.names - (char *)&c), PB_VALUE}};
	TRUE(pb_decode_value(pb_parse(PB("{\"account\":7,\"silent\":\"true\",\"share\":0.5,\"names\":[1],\"limit\":null}")), &c, all, 5));
	SAME(c.account, "7");
	TRUE(c.limit == 10 && c.silent && c.share == 0.5 && pb_len(c.names) == 1);
	static const char *wrong[][2] = {{"{\"limit\":\"x\"}", "limit: want a whole number that fits"}, {"{\"other.one\":1}", "other\\.one: unknown key"},
		{"{\"account\":{}}", "account: want a text"}, {"{\"silent\":2}", "silent: want true or false"}, {"[1]", "want an object"}};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		TRUE(!pb_decode_value(pb_parse(C(wrong[i][0])), &c, all, 5));
		SAME(pb_config_error(), wrong[i][1]);
	}
	TRUE(pb_decode_value(NULL, &c, fields, 1) && pb_decode_value(pb_parse(PB("null")), &c, fields, 1));
}

static void compares_texts(void) {
	TRUE(pb_same_name(PB("Transfers Only"), PB("transfers_only")) && pb_same_name(PB("MÜLLPAUSE ŁÓDŹ ŽIVĚ"), PB("müllpause łódź živě")));
	TRUE(pb_same_name(PB("ΑΘΗΝΑ Ёлка ПАУЗА"), PB("αθηνα ёлка пауза")) && !pb_same_name(PB("a"), PB("ab")) && !pb_same_name(PB("ab"), PB("a")));
	SAME(pb_excerpt(PB("aäb"), 2), "a…");
	TRUE(pb_is(PB("0123456789abcdefg"), "0123456789abcdefg") && !pb_is(PB("0123456789abcdefg"), "0123456789abcdeXg") && !pb_is(PB("abc"), "abd"));
}

static pb_end configure(void) {
	SAME(pb_str(pb_get(pb_config(), "a.b")), "c");
	return pb_str(pb_get(pb_config(), "refuse")).len > 0 ? pb_reject(PB("as it wants")) : pb_done();
}

/* compare reads documents from standard input, each with its length in four bytes before it, and writes about each, with a
 * NUL behind it, the fault or an object made of it. The Go SDK's reader and builder must say the same. */
static int compare(void) {
	uint8_t head[4];
	while (fread(head, 1, 4, stdin) == 4) {
		size_t n = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
		char *text = malloc(n + 1);
		if (fread(text, 1, n, stdin) != n) return 1;
		pb_forget();
		pb_value doc = pb_parse((pb_text){text, n});
		pb_text said = doc ? (pb_text){0} : pb_parse_error();
		if (doc) {
			pb_obj o = pb_new_object();
			pb_merge(pb_object(o, "all"), doc);
			pb_str_from(o, "s", pb_get(doc, "a.b"));
			pb_int_from(o, "i", pb_get(doc, "x"));
			pb_bool_from(o, "b", pb_get(doc, "long name"));
			pb_time_from(o, "t.t", pb_get(doc, "t"));
			pb_strs_from(o, "l", pb_get(doc, "l"));
			pb_copy_from(o, "c", pb_get(doc, "c.0.d"));
			pb_copy_from(o, "dot", pb_get(doc, "c.0."));
			pb_copy_from(o, "noughts", pb_get(doc, "l.001"));
			pb_copy_from(o, "minus", pb_get(doc, "l.-0"));
			pb_copy_from(o, "before", pb_get(doc, "l.-1"));
			pb_copy_from(o, "long", pb_get(doc, "l.00000000000000000000"));
			pb_set_rest(o, "rest", doc);
			said = pb_write(o);
		}
		fwrite(said.at, 1, said.len, stdout);
		putchar(0);
		free(text);
	}
	return 0;
}

int main(int argc, char **argv) {
	if (argc > 1 && strcmp(argv[1], "compare") == 0) return compare();
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {{"reads JSON strictly", reads_json_strictly}, {"reads values by path", reads_values_by_path},
		{"writes objects by path and loses nothing", writes_objects_by_path_and_loses_nothing}, {"reads and writes times", reads_and_writes_times},
		{"renders and refuses templates", renders_and_refuses_templates}, {"a call ends as it is told", a_call_ends_as_it_is_told},
		{"writes requests and verdicts", writes_requests_and_verdicts}, {"copies events", copies_events},
		{"decodes configuration", decodes_configuration}, {"compares texts", compares_texts}};
	/* The configuration is read once in an instance's life, which this program is. */
	running = "init";
	host_fact("config", "{\"a\":{\"b\":\"c\"}}");
	TRUE(pb_run_init(configure) == 0);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		running = tests[i].name;
		pb_forget();
		tests[i].run();
	}
	printf("%zu tests, %d faults\n", sizeof tests / sizeof *tests, faults);
	return faults > 0;
}
