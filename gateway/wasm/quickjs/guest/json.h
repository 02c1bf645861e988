/* Reading and writing JSON. QuickJS has both, but its reader rounds integers past 2^53, of which vendors' identifiers are
 * full, and its writer refuses them; and both are slower. Here such an integer is a BigInt, which templates and String()
 * write digit by digit. */

#define JSON_DEPTH 512 /* as the gateway's own reader */

typedef struct {
    JSContext *ctx;
    const char *p, *end, *begin;
    int depth;
    const char *what; /* the fault */
} JSONReader;

static JSValue json_read_value(JSONReader *r);

static JSValue json_fault(JSONReader *r, const char *what)
{
    if (!r->what)
        r->what = what;
    return JS_EXCEPTION;
}

static void json_space(JSONReader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
        r->p++;
}

static int json_hex4(JSONReader *r)
{
    int v = 0, i;
    if (r->end - r->p < 4)
        return -1;
    for (i = 0; i < 4; i++) {
        int d = from_hex((unsigned char)*r->p++);
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* The rest of a string that has an escape, from there on. */
static JSValue json_escaped(JSONReader *r, const char *start)
{
    StringBuffer b_s, *b = &b_s;
    int c;

    if (string_buffer_init(r->ctx, b, 64))
        return JS_EXCEPTION;
    for (;;) {
        const char *q = r->p;
        while (q < r->end && *q != '"' && *q != '\\' && (unsigned char)*q >= 0x20)
            q++;
        if (q > start) {
            JSValue part = JS_NewStringLen(r->ctx, start, q - start);
            if (JS_IsException(part) || string_buffer_concat_value_free(b, part))
                goto fail;
        }
        if (q >= r->end || (unsigned char)*q < 0x20) {
            r->p = q;
            json_fault(r, q >= r->end ? "the text ends within a string" : "a control character in a string");
            goto fail;
        }
        r->p = q + 1;
        if (*q == '"')
            return string_buffer_end(b);
        if (r->p >= r->end) {
            json_fault(r, "the text ends within a string");
            goto fail;
        }
        switch (c = *r->p++) {
        case '"': case '\\': case '/': break;
        case 'b': c = '\b'; break;
        case 'f': c = '\f'; break;
        case 'n': c = '\n'; break;
        case 'r': c = '\r'; break;
        case 't': c = '\t'; break;
        case 'u':
            if ((c = json_hex4(r)) >= 0)
                break;
            /* fall through */
        default:
            r->p--;
            json_fault(r, "an unknown escape in a string");
            goto fail;
        }
        if (string_buffer_putc16(b, c))
            goto fail;
        start = r->p;
    }
fail:
    string_buffer_free(b);
    return JS_EXCEPTION;
}

/* Finds the end of a string that has no escape; NULL if it has one, or has no end. */
static const char *json_plain(JSONReader *r)
{
    const char *q = r->p;
    while (q < r->end && *q != '"' && *q != '\\' && (unsigned char)*q >= 0x20)
        q++;
    return q < r->end && *q == '"' ? q : NULL;
}

/* A string, the opening quote read. */
static JSValue json_string(JSONReader *r)
{
    const char *start = r->p, *end = json_plain(r);
    if (!end)
        return json_escaped(r, start);
    r->p = end + 1;
    return JS_NewStringLen(r->ctx, start, end - start);
}

static JSAtom json_name(JSONReader *r)
{
    const char *start = r->p, *end = json_plain(r);
    JSValue name;
    JSAtom atom;
    if (end) {
        r->p = end + 1;
        return JS_NewAtomLen(r->ctx, start, end - start);
    }
    name = json_escaped(r, start);
    if (JS_IsException(name))
        return JS_ATOM_NULL;
    atom = JS_ValueToAtom(r->ctx, name);
    JS_FreeValue(r->ctx, name);
    return atom;
}

static const char *json_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static JSValue json_number(JSONReader *r)
{
    const char *start = r->p, *p = start, *digits, *q;
    JSATODTempMem mem;
    int whole;

    if (*p == '-')
        p++;
    digits = p;
    p = json_digits(p, r->end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return json_fault(r, "a number that is none");
    whole = p - digits;
    if (p < r->end && *p == '.') {
        whole = 0;
        q = json_digits(p + 1, r->end);
        if (q == p + 1)
            return json_fault(r, "a number that is none");
        p = q;
    }
    if (p < r->end && (*p | 0x20) == 'e') {
        whole = 0;
        p++;
        if (p < r->end && (*p == '+' || *p == '-'))
            p++;
        q = json_digits(p, r->end);
        if (q == p)
            return json_fault(r, "a number that is none");
        p = q;
    }
    r->p = p;
    if (whole > 0 && whole <= 18) {
        int64_t v = 0;
        for (q = digits; q < p; q++)
            v = v * 10 + (*q - '0');
        if (v <= MAX_SAFE_INTEGER) {
            if (*start == '-' && v == 0)
                return JS_NewFloat64(r->ctx, -0.0);
            return JS_NewInt64(r->ctx, *start == '-' ? -v : v);
        }
    }
    if (whole > 0)
        return JS_StringToBigInt(r->ctx, JS_NewStringLen(r->ctx, start, p - start));
    { /* the reader of numbers needs a zero at the end */
        char buf[64], *copy = buf;
        double d;
        if (p - start >= (int)sizeof(buf) && !(copy = js_malloc(r->ctx, p - start + 1)))
            return JS_EXCEPTION;
        memcpy(copy, start, p - start);
        copy[p - start] = 0;
        d = js_atod(copy, NULL, 10, 0, &mem);
        if (copy != buf)
            js_free(r->ctx, copy);
        return JS_NewFloat64(r->ctx, d);
    }
}

static JSValue json_object(JSONReader *r)
{
    JSValue obj = JS_NewObject(r->ctx), value;
    JSAtom name;
    int ret;

    if (JS_IsException(obj))
        return obj;
    json_space(r);
    if (r->p < r->end && *r->p == '}') {
        r->p++;
        return obj;
    }
    for (;;) {
        json_space(r);
        if (r->p >= r->end || *r->p != '"') {
            json_fault(r, "a name in quotes is missing");
            goto fail;
        }
        r->p++;
        if ((name = json_name(r)) == JS_ATOM_NULL)
            goto fail;
        json_space(r);
        if (r->p >= r->end || *r->p != ':') {
            JS_FreeAtom(r->ctx, name);
            json_fault(r, "a colon is missing");
            goto fail;
        }
        r->p++;
        value = json_read_value(r);
        if (JS_IsException(value)) {
            JS_FreeAtom(r->ctx, name);
            goto fail;
        }
        ret = JS_DefinePropertyValue(r->ctx, obj, name, value, JS_PROP_C_W_E);
        JS_FreeAtom(r->ctx, name);
        if (ret < 0)
            goto fail;
        json_space(r);
        if (r->p < r->end && *r->p == ',') {
            r->p++;
            continue;
        }
        if (r->p < r->end && *r->p == '}') {
            r->p++;
            return obj;
        }
        json_fault(r, "a comma or a closing brace is missing");
        goto fail;
    }
fail:
    JS_FreeValue(r->ctx, obj);
    return JS_EXCEPTION;
}

static JSValue json_array(JSONReader *r)
{
    JSValue list = JS_NewArray(r->ctx), value;
    uint32_t i = 0;

    if (JS_IsException(list))
        return list;
    json_space(r);
    if (r->p < r->end && *r->p == ']') {
        r->p++;
        return list;
    }
    for (;;) {
        value = json_read_value(r);
        if (JS_IsException(value) || JS_DefinePropertyValueUint32(r->ctx, list, i++, value, JS_PROP_C_W_E) < 0)
            goto fail;
        json_space(r);
        if (r->p < r->end && *r->p == ',') {
            r->p++;
            continue;
        }
        if (r->p < r->end && *r->p == ']') {
            r->p++;
            return list;
        }
        json_fault(r, "a comma or a closing bracket is missing");
        goto fail;
    }
fail:
    JS_FreeValue(r->ctx, list);
    return JS_EXCEPTION;
}

static int json_word(JSONReader *r, const char *word, int n)
{
    if (r->end - r->p < n || memcmp(r->p, word, n))
        return 0;
    r->p += n;
    return 1;
}

static JSValue json_read_value(JSONReader *r)
{
    JSValue v;

    json_space(r);
    if (r->p >= r->end)
        return json_fault(r, "the text ends too soon");
    switch (*r->p) {
    case '{': case '[':
        if (++r->depth > JSON_DEPTH)
            return json_fault(r, "it is nested more than 512 deep");
        if (js_check_stack_overflow(r->ctx->rt, 0))
            return JS_ThrowStackOverflow(r->ctx);
        v = *r->p++ == '{' ? json_object(r) : json_array(r);
        r->depth--;
        return v;
    case '"':
        r->p++;
        return json_string(r);
    case 't':
        if (json_word(r, "true", 4))
            return JS_TRUE;
        break;
    case 'f':
        if (json_word(r, "false", 5))
            return JS_FALSE;
        break;
    case 'n':
        if (json_word(r, "null", 4))
            return JS_NULL;
        break;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return json_number(r);
    }
    return json_fault(r, "a value is missing");
}

/* Finds the first byte that is not of UTF-8; end without one. */
static const char *json_not_utf8(const char *text, const char *end)
{
    const uint8_t *p = (const uint8_t *)text, *to = (const uint8_t *)end;
    while (p < to) {
        const uint8_t *next;
        if (*p < 0x80) {
            p++;
            continue;
        }
        uint32_t c = unicode_from_utf8(p, to - p > UTF8_CHAR_LEN_MAX ? UTF8_CHAR_LEN_MAX : (int)(to - p), &next);
        if (c > 0x10ffff || is_surrogate(c))
            break;
        p = next;
    }
    return (const char *)p;
}

/* Reads a text as JSON. A fault is a SyntaxError that says where. */
static JSValue json_read(JSContext *ctx, const char *text, size_t n)
{
    JSONReader r = { ctx, text, text + n, text, 0, NULL };
    JSValue v;
    r.p = json_not_utf8(text, r.end);
    if (r.p < r.end) {
        v = json_fault(&r, "it is not UTF-8");
    } else {
        r.p = text;
        v = json_read_value(&r);
    }
    if (!JS_IsException(v)) {
        json_space(&r);
        if (r.p < r.end) {
            JS_FreeValue(ctx, v);
            v = json_fault(&r, "something follows after the end");
        }
    }
    if (r.what)
        return JS_ThrowSyntaxError(ctx, "%s, at byte %d", r.what, (int)(r.p - r.begin));
    return v;
}

/* The writer's text. It is kept for the next call, unless it has grown large. */
typedef struct {
    char *text;
    size_t n, cap;
} JSONWriter;

#define JSON_KEEP (64 << 10)

static int json_grow(JSContext *ctx, JSONWriter *w, size_t n)
{
    size_t cap = w->cap * 2;
    char *text;
    if (cap < w->n + n)
        cap = w->n + n + 4096;
    if (!(text = realloc(w->text, cap))) {
        JS_ThrowOutOfMemory(ctx);
        return -1;
    }
    w->text = text;
    w->cap = cap;
    return 0;
}

static inline int json_room(JSContext *ctx, JSONWriter *w, size_t n)
{
    return w->n + n <= w->cap ? 0 : json_grow(ctx, w, n);
}

static int json_put(JSContext *ctx, JSONWriter *w, const char *text, size_t n)
{
    if (json_room(ctx, w, n))
        return -1;
    memcpy(w->text + w->n, text, n);
    w->n += n;
    return 0;
}

static char *json_put_unicode(char *to, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = 'u';
    *to++ = hex[c >> 12 & 15];
    *to++ = hex[c >> 8 & 15];
    *to++ = hex[c >> 4 & 15];
    *to++ = hex[c & 15];
    return to;
}

static char *json_put_escape(char *to, uint32_t c)
{
    switch (c) {
    case '"': case '\\': *to++ = '\\'; *to++ = c; return to;
    case '\n': *to++ = '\\'; *to++ = 'n'; return to;
    case '\r': *to++ = '\\'; *to++ = 'r'; return to;
    case '\t': *to++ = '\\'; *to++ = 't'; return to;
    }
    return json_put_unicode(to, c);
}

/* Halves of a surrogate pair that stand alone become U+FFFD: there is no UTF-8 for them. */
static int json_put_string(JSContext *ctx, JSONWriter *w, JSString *s)
{
    uint32_t i, n = s->len;
    char *to;

    if (json_room(ctx, w, (size_t)n * 6 + 2))
        return -1;
    to = w->text + w->n;
    *to++ = '"';
    if (!s->is_wide_char) {
        const uint8_t *p = s->u.str8;
        for (i = 0; i < n; i++) {
            uint32_t c = p[i];
            if (likely(c >= 0x20 && c < 0x80 && c != '"' && c != '\\')) {
                *to++ = c;
            } else if (c >= 0x80) {
                *to++ = 0xc0 | c >> 6;
                *to++ = 0x80 | (c & 0x3f);
            } else {
                to = json_put_escape(to, c);
            }
        }
    } else {
        const uint16_t *p = s->u.str16;
        for (i = 0; i < n; i++) {
            uint32_t c = p[i];
            if (is_surrogate(c)) {
                if (is_hi_surrogate(c) && i + 1 < n && is_lo_surrogate(p[i + 1]))
                    c = from_surrogate(c, p[++i]);
                else
                    c = 0xfffd;
            }
            if (c < 0x20 || c == '"' || c == '\\')
                to = json_put_escape(to, c);
            else
                to += unicode_to_utf8((uint8_t *)to, c);
        }
    }
    *to++ = '"';
    w->n = to - w->text;
    return 0;
}

static int json_write_value(JSContext *ctx, JSONWriter *w, JSValueConst v, int depth);

/* Appends a value's text, of a number or a BigInt. */
static int json_put_text(JSContext *ctx, JSONWriter *w, JSValueConst v)
{
    size_t n;
    const char *text = JS_ToCStringLen(ctx, &n, v);
    int ret;
    if (!text)
        return -1;
    ret = json_put(ctx, w, text, n);
    JS_FreeCString(ctx, text);
    return ret;
}

static int json_put_int(JSContext *ctx, JSONWriter *w, int32_t v)
{
    char buf[16], *p = buf + sizeof(buf);
    uint32_t u = v < 0 ? -(uint32_t)v : (uint32_t)v;
    do
        *--p = '0' + u % 10;
    while (u /= 10);
    if (v < 0)
        *--p = '-';
    return json_put(ctx, w, p, buf + sizeof(buf) - p);
}

/* What JSON has no word for, and undefined: left out of objects, null in lists. */
static BOOL json_is_nothing(JSContext *ctx, JSValueConst v)
{
    return JS_IsUndefined(v) || JS_IsSymbol(v) || JS_IsFunction(ctx, v);
}

static int json_write_list(JSContext *ctx, JSONWriter *w, JSValueConst list, int depth)
{
    int64_t i, n;
    if (js_get_length64(ctx, &n, list) || json_put(ctx, w, "[", 1))
        return -1;
    for (i = 0; i < n; i++) {
        JSValue v = JS_GetPropertyInt64(ctx, list, i);
        int ret;
        if (JS_IsException(v))
            return -1;
        ret = i > 0 ? json_put(ctx, w, ",", 1) : 0;
        if (ret == 0)
            ret = json_is_nothing(ctx, v) ? json_put(ctx, w, "null", 4) : json_write_value(ctx, w, v, depth);
        JS_FreeValue(ctx, v);
        if (ret)
            return -1;
    }
    return json_put(ctx, w, "]", 1);
}

static int json_write_member(JSContext *ctx, JSONWriter *w, JSAtom name, JSValueConst v, BOOL first, int depth)
{
    JSValue text = JS_AtomToString(ctx, name);
    int ret;
    if (JS_IsException(text))
        return -1;
    ret = first ? 0 : json_put(ctx, w, ",", 1);
    if (ret == 0)
        ret = json_put_string(ctx, w, JS_VALUE_GET_STRING(text));
    JS_FreeValue(ctx, text);
    if (ret == 0)
        ret = json_put(ctx, w, ":", 1);
    return ret ? ret : json_write_value(ctx, w, v, depth);
}

static int json_write_members(JSContext *ctx, JSONWriter *w, JSValueConst obj, int depth)
{
    JSPropertyEnum *names;
    uint32_t n, i;
    BOOL first = TRUE;
    int ret;

    if (JS_GetOwnPropertyNamesInternal(ctx, &names, &n, JS_VALUE_GET_OBJ(obj), JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY))
        return -1;
    ret = json_put(ctx, w, "{", 1);
    for (i = 0; i < n && ret == 0; i++) {
        JSValue v = JS_GetProperty(ctx, obj, names[i].atom);
        if (JS_IsException(v)) {
            ret = -1;
            break;
        }
        if (!json_is_nothing(ctx, v)) {
            ret = json_write_member(ctx, w, names[i].atom, v, first, depth);
            first = FALSE;
        }
        JS_FreeValue(ctx, v);
    }
    js_free_prop_enum(ctx, names, n);
    return ret ? ret : json_put(ctx, w, "}", 1);
}

/* Objects say by toJSON what they are to be written as, as for JSON.stringify: Date does. */
static int json_write_object(JSContext *ctx, JSONWriter *w, JSValueConst obj, int depth)
{
    JSValue v, f;
    int ret;

    if (depth >= JSON_DEPTH) {
        JS_ThrowTypeError(ctx, "what was made is nested more than %d deep; does it contain itself?", JSON_DEPTH);
        return -1;
    }
    if (js_check_stack_overflow(ctx->rt, 0)) {
        JS_ThrowStackOverflow(ctx);
        return -1;
    }
    f = JS_GetProperty(ctx, obj, JS_ATOM_toJSON);
    if (JS_IsException(f))
        return -1;
    if (JS_IsFunction(ctx, f)) {
        v = JS_CallFree(ctx, f, obj, 0, NULL);
        if (JS_IsException(v))
            return -1;
        if (json_is_nothing(ctx, v))
            ret = json_put(ctx, w, "null", 4);
        else if (JS_IsObject(v) && JS_VALUE_GET_OBJ(v) == JS_VALUE_GET_OBJ(obj))
            ret = json_write_members(ctx, w, obj, depth + 1);
        else
            ret = json_write_value(ctx, w, v, depth + 1);
        JS_FreeValue(ctx, v);
        return ret;
    }
    JS_FreeValue(ctx, f);
    ret = JS_IsArray(ctx, obj);
    if (ret < 0)
        return -1;
    return ret ? json_write_list(ctx, w, obj, depth + 1) : json_write_members(ctx, w, obj, depth + 1);
}

static int json_write_value(JSContext *ctx, JSONWriter *w, JSValueConst v, int depth)
{
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_STRING:
        return json_put_string(ctx, w, JS_VALUE_GET_STRING(v));
    case JS_TAG_INT:
        return json_put_int(ctx, w, JS_VALUE_GET_INT(v));
    case JS_TAG_BOOL:
        return JS_VALUE_GET_BOOL(v) ? json_put(ctx, w, "true", 4) : json_put(ctx, w, "false", 5);
    case JS_TAG_FLOAT64:
        if (!isfinite(JS_VALUE_GET_FLOAT64(v)))
            return json_put(ctx, w, "null", 4);
        return json_put_text(ctx, w, v);
    case JS_TAG_STRING_ROPE: {
        JSValue s = JS_ToString(ctx, v);
        int ret = JS_IsException(s) ? -1 : json_put_string(ctx, w, JS_VALUE_GET_STRING(s));
        JS_FreeValue(ctx, s);
        return ret;
    }
    case JS_TAG_BIG_INT:
    case JS_TAG_SHORT_BIG_INT:
        return json_put_text(ctx, w, v);
    case JS_TAG_OBJECT:
        return json_write_object(ctx, w, v, depth);
    }
    return json_put(ctx, w, "null", 4);
}

/* A writer that has grown large gives its memory back. */
static void json_done(JSONWriter *w)
{
    w->n = 0;
    if (w->cap > JSON_KEEP) {
        free(w->text);
        w->text = NULL;
        w->cap = 0;
    }
}
