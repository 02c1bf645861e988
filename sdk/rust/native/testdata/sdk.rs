//! Tests of the SDK through what it offers, natively.

use plugboard::json::{key, Builder};
use plugboard::template::{Format, Template};
use plugboard::testing::{Done, Host};
use plugboard::time::Time;
use plugboard::{
    config, decode_config, fail, lookup, same_name, set_state, sign, state, Algorithm, Answer, Doc, Events, Kind, Request,
    Verdict,
};

fn parsed(text: &str) -> std::result::Result<String, String> {
    Doc::parse(text.as_bytes()).map(|d| d.root().raw().to_string()).map_err(|e| e.to_string())
}

#[test]
fn reads_json_strictly() {
    for good in [
        "null",
        " true ",
        "-0.5e+3",
        "\"\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":[]}],\"x\"]",
        "\"\\u00e4\\ud83d\\ude00\\/\"",
        "{\"a\":1,\"a\":2}",
    ] {
        assert_eq!(parsed(good).as_deref(), Ok(good.trim()));
    }
    let faults = [
        ("", "text ends too early (byte 0)"),
        ("{", "text ends too early (byte 1)"),
        ("[1,]", "want a value (byte 3)"),
        ("[1 2]", "want a comma or ] after an array's element (byte 3)"),
        ("{\"a\":1,}", "want a member's name in quotes (byte 7)"),
        ("{\"a\" 1}", "want a colon after a member's name (byte 5)"),
        ("{\"a\":1]", "want a comma or } after an object's member (byte 6)"),
        ("01", "want a value (byte 0)"),
        ("1.", "want a value (byte 0)"),
        ("1e", "want a value (byte 0)"),
        ("-", "want a value (byte 0)"),
        ("tru", "want a value (byte 0)"),
        ("1 2", "text goes on after the value (byte 2)"),
        ("\"a\nb\"", "control character in a string (byte 2)"),
        ("\"\\x\"", "malformed escape in a string (byte 1)"),
        ("\"\\u12g4\"", "malformed escape in a string (byte 1)"),
        ("\"abc", "text ends too early (byte 4)"),
    ];
    for (text, want) in faults {
        assert_eq!(parsed(text), Err(want.to_string()), "{text}");
    }
    for bad in [&b"\"\xff\""[..], b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"{\"\xff\":1}"] {
        assert_eq!(Doc::parse(bad).unwrap_err().reason, "string is not valid UTF-8");
    }
    assert!(parsed(&("[".repeat(512) + &"]".repeat(512))).is_ok());
    assert_eq!(parsed(&("[".repeat(513) + &"]".repeat(513))), Err("nested deeper than 512 (byte 512)".into()));
}

#[test]
fn reads_values_by_path() {
    let text = r#"{"id":9007199254740993123,"a.b":{"c\\d":1},"list":[{"n":"\u00e4\ud83d\ude00\ud800"},null,"63"],"t":"true","x":{"y":"old"},"x":{"y":"new"},"nothing":null,"long name of a member":"1e2"}"#;
    let doc = Doc::parse(text.as_bytes()).unwrap();
    let get = |path: &str| doc.get(path).str().into_owned();
    assert_eq!(get("id"), "9007199254740993123");
    assert_eq!(doc.get("id").int(), Some(9007199254740993123));
    assert_eq!(get("list.0.n"), "ä😀\u{fffd}");
    assert_eq!((doc.get("list.2").int(), doc.get("list").len(), doc.get("list.3").exists()), (Some(63), 3, false));
    assert_eq!(
        (get("x.y").as_str(), get("x.y.z").as_str(), get("list.-1").as_str(), get("list.n").as_str()),
        ("new", "", "", "")
    );
    assert_eq!((doc.get("t").bool(), doc.get("id").bool()), (Some(true), None));
    assert_eq!(doc.get("long name of a member").float(), Some(100.0));
    assert_eq!((key("a.b\\c").as_ref(), get(r"a\.b.c\\d").as_str()), (r"a\.b\\c", "1"));
    assert_eq!(doc.root().member("a.b").get(r"c\\d").int(), Some(1));
    assert_eq!(
        (doc.get("nothing").kind(), doc.get("none").kind(), doc.get("nothing").is_empty()),
        (Kind::Null, Kind::Absent, true)
    );
    assert_eq!(doc.root().members().count(), 8);
    assert_eq!(Doc::parse(b"-9223372036854775808").unwrap().root().int(), Some(i64::MIN));
    assert_eq!(Doc::parse(b"9223372036854775808").unwrap().root().int(), None);
}

#[test]
fn writes_objects_by_path_and_loses_nothing() {
    let text = r#"{"a":{"id":7,"n":"n/a"},"b":[],"c":"","d":null,"e":[1,{"f":{}},[]],"g\"":"h\u0041","dup":1,"dup":2}"#;
    let doc = Doc::parse(text.as_bytes()).unwrap();
    let b = Builder::new();
    let o = b.root();
    assert!(o.str_from("id", doc.get("a.id")) && !o.int_from("n", doc.get("a.n")));
    o.str("empty", "");
    o.object("nothing.in.here");
    o.str("text", "a\"b\\c\n\u{1}ä");
    o.str("text2", "x");
    o.str("text2", "y");
    o.named("with.dot", "z");
    o.append("list", &["", "p"]);
    o.append_object("objects").int("k", -5);
    o.bool("gone", true);
    o.remove("gone");
    doc.take("dup");
    o.rest("rest", doc.root());
    assert!(o.time("when", "2025-03-04T08:00:00.120+01:00") && !o.time("never", "yesterday"));
    assert!(o.raw("raw", b"[1, 2]") && !o.raw("broken", b"[1"));
    let mut out = Vec::new();
    b.append_json(&mut out);
    let want = r#"{"id":"7","text":"a\"b\\c\n\u0001ä","text2":"y","with.dot":"z","list":["","p"],"objects":[{"k":-5}],"rest":{"a":{"n":"n/a"},"e":[1,[]],"g\"":"h\u0041"},"when":"2025-03-04T07:00:00.12Z","raw":[1, 2]}"#;
    assert_eq!(String::from_utf8(out).unwrap(), want);
    assert!(o.has("list") && !o.has("gone") && !o.has("nothing"));
}

#[test]
fn reads_and_writes_times() {
    for (text, want) in [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2024-02-29t23:59:59.1234567899z", "2024-02-29T23:59:59.123456789Z"),
        ("0000-01-01T00:30:00+01:00", ""),
        ("9999-12-31T23:59:59-00:01", ""),
        ("0000-03-01T00:00:00Z", "0000-03-01T00:00:00Z"),
        ("2023-02-29T00:00:00Z", ""),
        ("2025-13-01T00:00:00Z", ""),
        ("2025-03-04T24:00:00Z", ""),
        ("2025-03-04T10:00:00", ""),
        ("2025-03-04T10:00:00.Z", ""),
        ("2025-03-04 10:00:00Z", ""),
    ] {
        assert_eq!(Time::parse(text).map_or(String::new(), |t| t.to_string()), want, "{text}");
    }
    assert_eq!(Time::from_micros(1741073755122651).to_string(), "2025-03-04T07:35:55.122651Z");
    assert_eq!(Time::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999Z");
}

/// The cases that the templates of every SDK are held to.
const CASES: &str = include_str!("../../../template/testdata/cases.json");

fn rendered(case: plugboard::Value, event: plugboard::Value) -> std::result::Result<String, String> {
    let format = match &*case.get("format").str() {
        "text" => Format::Text,
        "json" => Format::Json,
        "xml" => Format::Xml,
        "form" => Format::Form,
        "url" => Format::Url,
        "header" => Format::Header,
        "html" => Format::Html,
        "mrkdwn" => Format::Mrkdwn,
        other => panic!("no format {other}"),
    };
    Template::parse(&case.get("template").str(), format).and_then(|t| t.render(event)).map_err(|e| e.to_string())
}

#[test]
fn renders_and_refuses_templates() {
    let cases = Doc::parse(CASES.as_bytes()).unwrap();
    let event = cases.get("event");
    assert!(cases.get("renders").len() > 20 && cases.get("refuses").len() > 40);
    for (_, case) in cases.get("renders").members() {
        assert_eq!(rendered(case, event).as_deref(), Ok(&*case.get("want").str()), "{}", case.raw());
    }
    for (_, case) in cases.get("refuses").members() {
        let got = rendered(case, event).expect_err(case.raw());
        assert!(got.contains(&*case.get("want").str()), "{}: got {got}", case.raw());
    }
}

plugboard::config! {
    struct Config {
        account: String,
        limit: u8 = 10,
        names: Vec<String>,
        silent: bool,
    }
}

#[test]
fn decodes_configuration() {
    let decode = |text: &str| {
        let mut got = Err(String::new());
        Host::new().fact("config", text).init(|| {
            got = decode_config::<Config>().map_err(|e| e.to_string());
            Ok(())
        });
        got
    };
    let c = decode(r#"{"account":7,"names":["a","b"],"silent":"true"}"#).map_err(|e| e.to_string()).ok().unwrap();
    assert_eq!((c.account.as_str(), c.limit, c.names.len(), c.silent), ("7", 10, 2, true));
    for (text, want) in [
        (r#"{"limit":300}"#, "limit: want a whole number that fits"),
        (r#"{"other.one":1}"#, r"other\.one: unknown key"),
        (r#"{"names":["a",{}]}"#, "names.1: want a text"),
        (r#"[1]"#, "want an object"),
    ] {
        assert_eq!(decode(text).err().as_deref(), Some(want));
    }
    assert!(decode("{}").is_ok() && decode("null").is_ok());
}

#[test]
fn a_call_ends_as_it_is_told() {
    let mut host = Host::new()
        .input("x=1&y=a+%C3%A4%zz&x=2")
        .fact("query", "q=%2F")
        .fact("header.x-a", "v")
        .row("agents", "7", "Ada")
        .mac("key", b"\0mac");
    let done = host.receive(|r: &Request, out: &Events| {
        let form = r.form();
        let doc = form.doc();
        assert_eq!((doc.get("x").str().as_ref(), doc.get("y").str().as_ref()), ("2", "a ä%zz"));
        assert_eq!(r.query_fields().doc().get("q").str(), "/");
        assert_eq!((r.header("x-a").as_str(), r.header("x-b").as_str(), r.method().as_str()), ("v", "", ""));
        assert_eq!((lookup("agents", "7").as_deref(), lookup("agents", "8")), (Some("Ada"), None));
        assert_eq!(
            (sign("key", Algorithm::HmacSha1, b"x").as_deref(), sign("other", Algorithm::HmacSha256, b"")),
            (Some(&b"\0mac"[..]), None)
        );
        assert_eq!(state("seen"), None);
        set_state("seen", "yes", 60);
        assert_eq!(state("seen").as_deref(), Some("yes"));
        out.reply(200, "pong").header("x.y", "z");
        plugboard::warn("odd");
        Ok(())
    });
    let want = r#"{"reply":{"status":200,"body":"pong","headers":{"x.y":"z"}}}"#;
    assert_eq!(done, Done { output: want.into(), stopped: None, log: vec![(2, "odd".into())] });
    let stopped = |e: plugboard::Stop| Host::new().receive(move |_, _| Err(e)).stopped.unwrap();
    assert_eq!(stopped(plugboard::reject("a")), ("reject", "a".into()));
    assert_eq!(stopped(plugboard::drop("b")), ("drop", "b".into()));
    assert_eq!(stopped(plugboard::retry("c")), ("retry", "c".into()));
    assert_eq!(stopped(fail("d")), ("fail", "d".into()));
    let done = Host::new().input("{").format(|_, _| Ok(()));
    assert_eq!(done.stopped, Some(("fail", "event is not JSON: text ends too early (byte 1)".into())));
    assert_eq!(Host::new().input("{}").format(|_, _| Ok(())).output, r#"{"request":{}}"#);
    let encoded = Host::new().input(r#"{"cctype":"T"}"#).encode(|event, q| {
        q.json().str("kind", &event.get("cctype").str());
        Ok(())
    });
    assert_eq!(encoded.output, r#"{"request":{"json":{"kind":"T"}}}"#);
    assert_eq!(Host::new().input("{}").judge(|_, _| Ok(())).output, "");
    let done = Host::new().receive(|r, _| r.json().map(|_| ()).map_err(Into::into));
    assert_eq!(done.stopped.unwrap().0, "fail");
}

#[test]
fn writes_requests_and_verdicts() {
    let done =
        Host::new().input(r#"{"id":"1","data":{}}"#).fact("attempt", "3").fact("memo", r#"{"step":"put"}"#).format(|event, q| {
            assert_eq!((event.attempt(), event.memo().unwrap().doc().get("step").str().into_owned()), (3, "put".to_string()));
            q.path(&["agents", "a/b ü", ".."]);
            q.query("a.b", "c");
            q.header("x", "y");
            q.bytes(b"\0\xff\x10");
            q.effect("k", "v");
            q.memo().int("n", 1);
            Ok(())
        });
    let want = r#"{"request":{"url":"/agents/a%2Fb%20%C3%BC/%2E%2E","query":{"a.b":"c"},"headers":{"x":"y"},"body_base64":"AP8Q"},"effect":{"key":"k","value":"v"},"memo":{"n":1}}"#;
    assert_eq!(done.output, want);
    let answer = r#"{"event":{"id":"7"},"step":2,"request":{"url":"/x"},"response":{"status":429,"headers":{"Retry-After":["5","6"]},"body_base64":"eyJuIjo3fQ=="},"memo":{"k":1}}"#;
    let done = Host::new().input(answer).judge(|a: &Answer, v: &Verdict| {
        assert_eq!((a.status(), a.step(), a.header("retry-after").as_ref(), a.event().id().as_ref()), (429, 2, "5", "7"));
        assert_eq!((a.body(), a.json()?.get("n").int(), a.memo().get("k").int()), (&br#"{"n":7}"#[..], Some(7), Some(1)));
        v.retry("").after_seconds(5).at("2025-03-04T08:00:00Z").refresh_auth();
        v.slow_down(30);
        v.no_effect();
        v.memo().copy_from("url", a.request().get("url"));
        Ok(())
    });
    let want = r#"{"retry":{"reason":"the plugin asked to try again","after":"5s","at":"2025-03-04T08:00:00Z","refresh_auth":true},"slow_down":"30s","effect":null,"memo":{"url":"/x"}}"#;
    assert_eq!(done.output, want);
}

#[test]
fn names_what_an_event_is_the_echo_of() {
    let done = Host::new().receive(|_, out| {
        out.add("x").echo("agent/7", "away");
        Ok(())
    });
    assert_eq!(done.output, r#"{"events":[{"type":"x","echo":{"key":"agent/7","value":"away"}}]}"#);
}

#[test]
fn copies_events() {
    let text = r#"{"type":"a","data":{"x.y":1,"list":[null,{"k":""}],"gone":"z","empty":{}}}"#;
    let done = Host::new().input(text).transform(|event, out| {
        let e = out.copy(event);
        e.remove("data.gone");
        e.attribute("ccnew", "n");
        out.add("b").received("2025-03-04T08:00:00Z");
        Ok(())
    });
    let want = r#"{"events":[{"type":"a","data":{"x.y":1,"list":[null,{"k":""}]},"ccnew":"n"},{"type":"b","ccreceived":"2025-03-04T08:00:00Z","time":"2025-03-04T08:00:00Z","data":{"derived":["time"]}}]}"#;
    assert_eq!(done.output, want);
}

#[test]
fn configuration_lasts() {
    Host::new().fact("config", r#"{"a":{"b":"c"}}"#).init(|| {
        assert_eq!(config().get("a.b").str(), "c");
        Ok(())
    });
    assert!(same_name("Transfers Only", "transfers_only") && same_name("MÜLLPAUSE", "müllpause") && !same_name("a", "ab"));
    assert_eq!(plugboard::excerpt("aäb", 2), "a…");
}
