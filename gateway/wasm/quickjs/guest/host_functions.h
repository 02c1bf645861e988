/* The module "plugboard:host": what plugboard.js cannot do by itself. Texts are JavaScript strings, bytes Uint8Arrays;
 * where something is absent the answer is undefined. */

/* What an import that answers a size gives, in memory of its own: most fit at the first try. Freed by free_answer. */
typedef struct {
    char small[512], *at;
    int32_t n; /* -1: absent; -2: out of memory */
} Answer;

/* Asks until the buffer is large enough. ask is an expression of the buffer b and its room n. */
#define GET(answer, ask)                                                                             \
    do {                                                                                             \
        char *b = (answer)->at = (answer)->small;                                                    \
        int32_t n = sizeof((answer)->small);                                                         \
        while (((answer)->n = (ask)) > n) {                                                          \
            n = (answer)->n;                                                                         \
            if (b != (answer)->small)                                                                \
                free(b);                                                                             \
            if (!(b = (answer)->at = malloc(n))) {                                                   \
                (answer)->at = (answer)->small;                                                      \
                (answer)->n = -2;                                                                    \
                break;                                                                               \
            }                                                                                        \
        }                                                                                            \
    } while (0)

static void free_answer(Answer *a)
{
    if (a->at != a->small)
        free(a->at);
}

static JSValue answer_text(JSContext *ctx, Answer *a)
{
    JSValue v = a->n >= 0 ? JS_NewStringLen(ctx, a->at, a->n) : a->n == -1 ? JS_UNDEFINED : JS_ThrowOutOfMemory(ctx);
    free_answer(a);
    return v;
}

static JSValue new_bytes(JSContext *ctx, const void *from, size_t n)
{
    JSValue buffer = JS_NewArrayBufferCopy(ctx, from, n), list;
    if (JS_IsException(buffer))
        return buffer;
    JSValueConst whole[3] = { buffer, JS_UNDEFINED, JS_UNDEFINED }; /* from where, how long */
    list = JS_NewTypedArray(ctx, 3, whole, JS_TYPED_ARRAY_UINT8);
    JS_FreeValue(ctx, buffer);
    return list;
}

static BOOL is_typed_array(int class_id) { return class_id >= JS_CLASS_UINT8C_ARRAY && class_id <= JS_CLASS_FLOAT64_ARRAY; }

/* An argument as bytes: a string's in UTF-8, a typed array's or an ArrayBuffer's as they are. */
typedef struct {
    const char *at;
    size_t n;
    const char *text; /* to be freed */
    JSValue buffer;
} Bytes;

static int get_bytes(JSContext *ctx, JSValueConst v, Bytes *b)
{
    size_t offset = 0, n = 0, size;
    uint8_t *at;
    b->text = NULL;
    b->buffer = JS_UNDEFINED;
    if (!JS_IsObject(v)) {
        b->at = b->text = JS_ToCStringLen(ctx, &b->n, v);
        return b->at ? 0 : -1;
    }
    if (is_typed_array(JS_VALUE_GET_OBJ(v)->class_id)) {
        b->buffer = JS_GetTypedArrayBuffer(ctx, v, &offset, &n, NULL);
        if (JS_IsException(b->buffer))
            return -1;
        at = JS_GetArrayBuffer(ctx, &size, b->buffer);
    } else {
        b->buffer = JS_DupValue(ctx, v);
        at = JS_GetArrayBuffer(ctx, &n, b->buffer);
    }
    if (!at && n > 0) {
        JS_FreeValue(ctx, b->buffer);
        return -1;
    }
    b->at = (const char *)at + offset;
    b->n = n;
    return 0;
}

static void free_bytes(JSContext *ctx, Bytes *b)
{
    if (b->text)
        JS_FreeCString(ctx, b->text);
    JS_FreeValue(ctx, b->buffer);
}

/* The call's input. It is read once, into memory that serves all calls unless one has made it large. */
static char *input;
static size_t input_n, input_cap;
static int input_read;

static int read_input(void)
{
    size_t n;
    if (input_read)
        return 0;
    n = (uint32_t)pb_input_size();
    if (n > input_cap) {
        free(input);
        input_cap = n < 8192 ? 8192 : n;
        if (!(input = malloc(input_cap + 1))) {
            input_cap = 0;
            return -1;
        }
    }
    input_n = n ? (uint32_t)pb_input_read(input, 0, n) : 0;
    input_read = 1;
    return 0;
}

static void done_input(void)
{
    input_read = 0;
    if (input_cap > JSON_KEEP) {
        free(input);
        input = NULL;
        input_cap = 0;
    }
}

#define FUNCTION(name) static JSValue name(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)

FUNCTION(host_input)
{
    return read_input() ? JS_ThrowOutOfMemory(ctx) : json_read(ctx, input, input_n);
}

FUNCTION(host_text)
{
    return read_input() ? JS_ThrowOutOfMemory(ctx) : JS_NewStringLen(ctx, input, input_n);
}

FUNCTION(host_bytes)
{
    return read_input() ? JS_ThrowOutOfMemory(ctx) : new_bytes(ctx, input, input_n);
}

FUNCTION(host_parse)
{
    Bytes b;
    JSValue v;
    if (get_bytes(ctx, argv[0], &b))
        return JS_EXCEPTION;
    v = json_read(ctx, b.at, b.n);
    free_bytes(ctx, &b);
    return v;
}

FUNCTION(host_stringify)
{
    JSONWriter w = { NULL, 0, 0 };
    JSValue v = JS_EXCEPTION;
    if (json_is_nothing(ctx, argv[0]))
        return JS_UNDEFINED;
    if (json_write_value(ctx, &w, argv[0], 0) == 0)
        v = JS_NewStringLen(ctx, w.text, w.n);
    free(w.text);
    return v;
}

/* One argument's text, with its length. */
static const char *text_of(JSContext *ctx, JSValueConst v, size_t *n) { return JS_ToCStringLen(ctx, n, v); }

/* What an import knows by one text. */
enum { A_FACT, A_FIELD, A_STATE };

static JSValue host_ask(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    Answer a;
    size_t key_n;
    const char *key = text_of(ctx, argv[0], &key_n);
    if (!key)
        return JS_EXCEPTION;
    GET(&a, magic == A_FACT ? pb_fact(key, key_n, b, n) : magic == A_FIELD ? pb_input_field(key, key_n, 1, b, n) : pb_state_get(key, key_n, b, n));
    JS_FreeCString(ctx, key);
    return answer_text(ctx, &a);
}

FUNCTION(host_lookup)
{
    Answer a;
    size_t table_n, key_n;
    const char *key, *table = text_of(ctx, argv[0], &table_n);
    if (!table)
        return JS_EXCEPTION;
    if (!(key = text_of(ctx, argv[1], &key_n))) {
        JS_FreeCString(ctx, table);
        return JS_EXCEPTION;
    }
    GET(&a, pb_lookup(table, table_n, key, key_n, b, n));
    JS_FreeCString(ctx, table);
    JS_FreeCString(ctx, key);
    return answer_text(ctx, &a);
}

FUNCTION(host_state_set)
{
    Bytes key, value;
    double ttl = 0;
    if (JS_ToFloat64(ctx, &ttl, argv[2]) || get_bytes(ctx, argv[0], &key))
        return JS_EXCEPTION;
    if (get_bytes(ctx, argv[1], &value)) {
        free_bytes(ctx, &key);
        return JS_EXCEPTION;
    }
    pb_state_set(key.at, key.n, value.at, value.n, ttl > 0 ? ttl < 1e12 ? (int64_t)ttl : 1000000000000LL : 0);
    free_bytes(ctx, &key);
    free_bytes(ctx, &value);
    return JS_UNDEFINED;
}

FUNCTION(host_sign)
{
    Bytes secret, data;
    int32_t algorithm, n;
    char mac[64];
    if (JS_ToInt32(ctx, &algorithm, argv[1]) || get_bytes(ctx, argv[0], &secret))
        return JS_EXCEPTION;
    if (get_bytes(ctx, argv[2], &data)) {
        free_bytes(ctx, &secret);
        return JS_EXCEPTION;
    }
    n = pb_sign(secret.at, secret.n, algorithm, data.at, data.n, mac, sizeof(mac));
    free_bytes(ctx, &secret);
    free_bytes(ctx, &data);
    return n < 0 || n > (int)sizeof(mac) ? JS_UNDEFINED : new_bytes(ctx, mac, n);
}

FUNCTION(host_log)
{
    int32_t level;
    size_t n;
    const char *text;
    if (JS_ToInt32(ctx, &level, argv[0]) || !(text = text_of(ctx, argv[1], &n)))
        return JS_EXCEPTION;
    pb_log(level, text, n);
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

/* A time in canonical form: RFC 3339, or milliseconds since 1970 as Date has them. */
FUNCTION(host_time)
{
    char out[40];
    int written;
    size_t n;
    const char *text;
    if (JS_IsNumber(argv[0])) {
        double ms;
        if (JS_ToFloat64(ctx, &ms, argv[0]))
            return JS_EXCEPTION;
        if (!(ms > -1e15 && ms < 1e15))
            return JS_UNDEFINED;
        double sec = floor(ms / 1000);
        written = time_write(out, (int64_t)sec, (uint32_t)((int64_t)((ms - sec * 1000) * 1000) * 1000));
    } else {
        if (!JS_IsString(argv[0]))
            return JS_UNDEFINED;
        if (!(text = text_of(ctx, argv[0], &n)))
            return JS_EXCEPTION;
        written = time_normalise(out, text, n);
        JS_FreeCString(ctx, text);
    }
    return written ? JS_NewStringLen(ctx, out, written) : JS_UNDEFINED;
}

/* A text as one segment of a path: everything but unreserved characters escaped; . and .. too, for they climb. */
FUNCTION(host_segment)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t i, n;
    char *out, *to;
    JSValue v;
    const char *s = text_of(ctx, argv[0], &n);
    if (!s)
        return JS_EXCEPTION;
    if (!(out = to = malloc(3 * n + 1))) {
        JS_FreeCString(ctx, s);
        return JS_ThrowOutOfMemory(ctx);
    }
    BOOL dots = (n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.');
    for (i = 0; i < n; i++) {
        unsigned char c = s[i];
        if (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~' ||
            (c == '.' && !dots)) {
            *to++ = c;
        } else {
            *to++ = '%';
            *to++ = hex[c >> 4];
            *to++ = hex[c & 15];
        }
    }
    v = JS_NewStringLen(ctx, out, to - out);
    free(out);
    JS_FreeCString(ctx, s);
    return v;
}

static int unescape_pair(char *out, const char *s, size_t n)
{
    char *to = out;
    size_t i;
    for (i = 0; i < n; i++) {
        char c = s[i];
        if (c == '+')
            c = ' ';
        else if (c == '%' && i + 2 < n && from_hex((unsigned char)s[i + 1]) >= 0 && from_hex((unsigned char)s[i + 2]) >= 0) {
            c = from_hex((unsigned char)s[i + 1]) << 4 | from_hex((unsigned char)s[i + 2]);
            i += 2;
        }
        *to++ = c;
    }
    return to - out;
}

/* A form or query string as an object of strings; of a name that comes twice the last counts. */
FUNCTION(host_pairs)
{
    size_t n, at = 0;
    const char *s = text_of(ctx, argv[0], &n);
    JSValue obj = JS_NewObject(ctx), value;
    JSAtom name;
    char *buf;
    if (!s || JS_IsException(obj) || !(buf = malloc(n + 1))) {
        if (s)
            JS_FreeCString(ctx, s);
        JS_FreeValue(ctx, obj);
        return JS_ThrowOutOfMemory(ctx);
    }
    while (at < n) {
        size_t end = at, eq;
        while (end < n && s[end] != '&')
            end++;
        for (eq = at; eq < end && s[eq] != '='; eq++)
            ;
        if (end > at) {
            name = JS_NewAtomLen(ctx, buf, unescape_pair(buf, s + at, eq - at));
            value = eq < end ? JS_NewStringLen(ctx, buf, unescape_pair(buf, s + eq + 1, end - eq - 1)) : JS_NewString(ctx, "");
            if (JS_DefinePropertyValue(ctx, obj, name, value, JS_PROP_C_W_E) < 0) {
                JS_FreeAtom(ctx, name);
                JS_FreeValue(ctx, obj);
                obj = JS_EXCEPTION;
                break;
            }
            JS_FreeAtom(ctx, name);
        }
        at = end + 1;
    }
    free(buf);
    JS_FreeCString(ctx, s);
    return obj;
}

FUNCTION(host_base64)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Bytes b;
    char *out, *to;
    JSValue v;
    size_t i;
    if (get_bytes(ctx, argv[0], &b))
        return JS_EXCEPTION;
    if (!(out = to = malloc(b.n / 3 * 4 + 5))) {
        free_bytes(ctx, &b);
        return JS_ThrowOutOfMemory(ctx);
    }
    for (i = 0; i < b.n; i += 3) {
        size_t rest = b.n - i;
        uint32_t c = (uint8_t)b.at[i] << 16 | (rest > 1 ? (uint8_t)b.at[i + 1] : 0) << 8 | (rest > 2 ? (uint8_t)b.at[i + 2] : 0);
        *to++ = digits[c >> 18];
        *to++ = digits[c >> 12 & 63];
        *to++ = rest > 1 ? digits[c >> 6 & 63] : '=';
        *to++ = rest > 2 ? digits[c & 63] : '=';
    }
    v = JS_NewStringLen(ctx, out, to - out);
    free(out);
    free_bytes(ctx, &b);
    return v;
}

/* Undoes base64, the URL's alphabet too; it stops at the first character that is none of its digits. */
FUNCTION(host_from_base64)
{
    Bytes b;
    uint8_t *out;
    size_t i, to = 0;
    uint32_t bits = 0;
    int have = 0;
    JSValue v;
    if (get_bytes(ctx, argv[0], &b))
        return JS_EXCEPTION;
    if (!(out = malloc(b.n + 1))) {
        free_bytes(ctx, &b);
        return JS_ThrowOutOfMemory(ctx);
    }
    for (i = 0; i < b.n; i++) {
        unsigned char c = b.at[i];
        int digit = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
            : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
        if (digit < 0)
            break;
        bits = bits << 6 | digit;
        if ((have += 6) >= 8) {
            have -= 8;
            out[to++] = bits >> have;
        }
    }
    v = new_bytes(ctx, out, to);
    free(out);
    free_bytes(ctx, &b);
    return v;
}

/* Bytes that are UTF-8 as a text. */
FUNCTION(host_decode)
{
    Bytes b;
    JSValue v;
    if (get_bytes(ctx, argv[0], &b))
        return JS_EXCEPTION;
    v = JS_NewStringLen(ctx, b.at, b.n);
    free_bytes(ctx, &b);
    return v;
}

/* Templates: objects that hold what the C SDK has read. */
static JSClassID template_class;

static void free_template(JSRuntime *rt, JSValue v)
{
    Template *t = JS_GetOpaque(v, template_class);
    if (t)
        template_free(t);
}

static const JSClassDef template_def = { "Template", .finalizer = free_template };

/* What went wrong, as a list of its text: plugboard.js throws it, so that the trace is the script's. */
static JSValue unusable(JSContext *ctx, const char *text, size_t n)
{
    JSValue list = JS_NewArray(ctx);
    if (!JS_IsException(list))
        JS_SetPropertyUint32(ctx, list, 0, JS_NewStringLen(ctx, text, n));
    return list;
}

/* A template of a text and a format; a list of its fault where it has one. */
FUNCTION(host_template)
{
    const char *said, *text, *name = JS_ToCString(ctx, argv[1]);
    size_t n, said_n;
    Template *t;
    JSValue v;
    int format = 0;
    if (!name)
        return JS_EXCEPTION;
    while (format < TEMPLATE_FORMATS && strcmp(name, template_formats[format]))
        format++;
    JS_FreeCString(ctx, name);
    if (format == TEMPLATE_FORMATS)
        return JS_ThrowTypeError(ctx, "template: the format is \"text\", \"json\", \"xml\", \"form\", \"url\", \"header\", \"html\" or \"mrkdwn\"");
    if (!(text = text_of(ctx, argv[0], &n)))
        return JS_EXCEPTION;
    t = template_read(text, n, format, &said, &said_n);
    v = t ? JS_NewObjectClass(ctx, template_class) : unusable(ctx, said, said_n);
    JS_FreeCString(ctx, text);
    template_done();
    if (t && JS_IsException(v))
        template_free(t);
    else if (t)
        JS_SetOpaque(v, t);
    return v;
}

/* What a template makes of a value; a list of the reason where that cannot be used. */
FUNCTION(host_render)
{
    JSONWriter w = { NULL, 0, 0 };
    JSValue v = JS_EXCEPTION;
    const char *said;
    size_t n;
    Template *t = JS_GetOpaque2(ctx, argv[0], template_class);
    if (!t)
        return v;
    if (json_is_nothing(ctx, argv[1]) ? !json_put(ctx, &w, "null", 4) : !json_write_value(ctx, &w, argv[1], 0)) {
        int ok = template_render(t, w.text, w.n, &said, &n);
        v = ok ? JS_NewStringLen(ctx, said, n) : unusable(ctx, said, n);
        template_done();
    }
    free(w.text);
    return v;
}

FUNCTION(host_register)
{
    JS_FreeValue(ctx, call_function);
    call_function = JS_DupValue(ctx, argv[0]);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry host_functions[] = {
    JS_CFUNC_DEF("input", 0, host_input),         JS_CFUNC_DEF("text", 0, host_text),
    JS_CFUNC_DEF("bytes", 0, host_bytes),         JS_CFUNC_DEF("parse", 1, host_parse),
    JS_CFUNC_DEF("stringify", 1, host_stringify), JS_CFUNC_MAGIC_DEF("fact", 1, host_ask, A_FACT),
    JS_CFUNC_MAGIC_DEF("field", 1, host_ask, A_FIELD),         JS_CFUNC_DEF("lookup", 2, host_lookup),
    JS_CFUNC_MAGIC_DEF("stateGet", 1, host_ask, A_STATE),  JS_CFUNC_DEF("stateSet", 3, host_state_set),
    JS_CFUNC_DEF("sign", 3, host_sign),           JS_CFUNC_DEF("log", 2, host_log),
    JS_CFUNC_DEF("time", 1, host_time),           JS_CFUNC_DEF("segment", 1, host_segment),
    JS_CFUNC_DEF("pairs", 1, host_pairs),         JS_CFUNC_DEF("base64", 1, host_base64),
    JS_CFUNC_DEF("fromBase64", 1, host_from_base64), JS_CFUNC_DEF("decode", 1, host_decode),
    JS_CFUNC_DEF("get", 2, host_get),
    JS_CFUNC_DEF("set", 3, host_set),             JS_CFUNC_DEF("remove", 2, host_remove),
    JS_CFUNC_DEF("template", 2, host_template),   JS_CFUNC_DEF("render", 2, host_render),
    JS_CFUNC_DEF("register", 1, host_register),
};

static int host_module_start(JSContext *ctx, JSModuleDef *m)
{
    JSValue doc = JS_NewCFunction2(ctx, new_doc, "Doc", 1, JS_CFUNC_constructor, 0);
    if (JS_IsException(doc))
        return -1;
    JS_SetConstructor(ctx, doc, ctx->class_proto[doc_class]);
    return JS_SetModuleExport(ctx, m, "Doc", doc) ? -1 : JS_SetModuleExportList(ctx, m, host_functions, countof(host_functions));
}

static int add_host_module(JSContext *ctx)
{
    JSModuleDef *m = JS_NewCModule(ctx, "plugboard:host", host_module_start);
    JS_NewClassID(&template_class);
    if (!m || JS_NewClass(JS_GetRuntime(ctx), template_class, &template_def) || JS_AddModuleExport(ctx, m, "Doc"))
        return -1;
    return JS_AddModuleExportList(ctx, m, host_functions, countof(host_functions));
}
