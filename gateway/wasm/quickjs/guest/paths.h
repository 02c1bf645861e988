/* Paths into documents, and documents that know what was taken from them. JavaScript could do all of this, at three times
 * the time.
 *
 * A path is names joined by dots, a number for an element: items.0.id. A backslash in front of a dot or of a backslash makes
 * it part of the name. The empty path is the value itself. */

/* Cuts the first name off a path; JS_ATOM_NULL when there is no memory. */
static JSAtom path_step(const char **path, const char *end)
{
    const char *start = *path, *p = start;
    char buf[128], *name = buf, *to;
    JSAtom atom;

    while (p < end && *p != '.' && *p != '\\')
        p++;
    if (p == end || *p == '.') {
        *path = p < end ? p + 1 : NULL;
        return JS_NewAtomLen(ctx, start, p - start);
    }
    if (end - start > (int)sizeof(buf) && !(name = malloc(end - start)))
        return JS_ATOM_NULL;
    for (p = start, to = name; p < end && *p != '.'; p++) {
        if (*p == '\\' && p + 1 < end)
            p++;
        *to++ = *p;
    }
    *path = p < end ? p + 1 : NULL;
    atom = JS_NewAtomLen(ctx, name, to - name);
    if (name != buf)
        free(name);
    return atom;
}

/* An own property's value; undefined without one, and for what is no object. */
static JSValue own(JSValueConst obj, JSAtom name)
{
    JSObject *p;
    JSProperty *pr;
    JSShapeProperty *prs;
    int there;

    if (!JS_IsObject(obj))
        return JS_UNDEFINED;
    p = JS_VALUE_GET_OBJ(obj);
    if (!p->is_exotic) { /* as nearly all are */
        prs = find_own_property(&pr, p, name);
        if (!prs)
            return JS_UNDEFINED;
        if ((prs->flags & JS_PROP_TMASK) == JS_PROP_NORMAL)
            return JS_DupValue(ctx, pr->u.value);
        return JS_GetProperty(ctx, obj, name);
    }
    there = JS_GetOwnPropertyInternal(ctx, NULL, p, name);
    if (there < 0)
        return JS_EXCEPTION;
    return there ? JS_GetProperty(ctx, obj, name) : JS_UNDEFINED;
}

/* What a step means in a list: its number, with noughts in front or without, as the other SDKs have it; a name that no
 * element has where it is none, so that length is not found either. name is freed. */
static JSAtom place_of(JSAtom name)
{
    const char *s, *p;
    uint64_t v = 0; /* 19 digits fit */
    BOOL none;

    if (name == JS_ATOM_NULL || __JS_AtomIsTaggedInt(name))
        return name;
    s = JS_AtomToCString(ctx, name);
    JS_FreeAtom(ctx, name);
    if (!s)
        return JS_ATOM_NULL;
    p = s + (*s == '-');
    none = !*p || strlen(p) > 19;
    for (; *p && !none; p++) {
        none = *p < '0' || *p > '9';
        v = v * 10 + (*p - '0');
    }
    if (v > (*s == '-' ? 0 : MAX_SAFE_INTEGER))
        none = TRUE;
    JS_FreeCString(ctx, s);
    return JS_NewAtomInt64(ctx, none ? -1 : (int64_t)v);
}

/* Follows a path. holder and last, if wanted, are where the value stands: holder is not owned, last is to be freed. */
static JSValue path_get(JSValueConst v, const char *path, size_t n, JSObject **holder, JSAtom *last)
{
    const char *end = path + n;
    JSValue next, at = JS_DupValue(ctx, v);

    if (holder)
        *holder = NULL;
    if (n == 0)
        return at;
    while (path) {
        JSAtom name = path_step(&path, end);
        if (JS_IsObject(at) && JS_VALUE_GET_OBJ(at)->class_id == JS_CLASS_ARRAY)
            name = place_of(name);
        if (name == JS_ATOM_NULL) {
            JS_FreeValue(ctx, at);
            return JS_ThrowOutOfMemory(ctx);
        }
        next = own(at, name);
        if (!path && holder && JS_IsObject(at)) {
            *holder = JS_VALUE_GET_OBJ(at);
            *last = JS_DupAtom(ctx, name);
        }
        JS_FreeAtom(ctx, name);
        JS_FreeValue(ctx, at);
        at = next;
        if (JS_IsException(at) || JS_IsUndefined(at))
            break;
    }
    return at;
}

static BOOL is_empty_text(JSValueConst v) { return JS_VALUE_GET_TAG(v) == JS_TAG_STRING && JS_VALUE_GET_STRING(v)->len == 0; }

/* What sets nothing. */
static BOOL is_absent(JSValueConst v) { return JS_IsUndefined(v) || JS_IsNull(v) || is_empty_text(v); }

/* Sets what stands at a path, making objects on the way; absent values set nothing. */
static int path_set(JSValueConst obj, const char *path, size_t n, JSValueConst value)
{
    const char *end = path + n;
    JSValue at, next;
    int ret;

    if (is_absent(value))
        return 0;
    if (!JS_IsObject(obj)) {
        JS_ThrowTypeError(ctx, "set: it is no object");
        return -1;
    }
    at = JS_DupValue(ctx, obj);
    for (;;) {
        JSAtom name = path_step(&path, end);
        if (name == JS_ATOM_NULL) {
            JS_ThrowOutOfMemory(ctx);
            ret = -1;
            break;
        }
        if (!path) {
            ret = JS_DefinePropertyValue(ctx, at, name, JS_DupValue(ctx, value), JS_PROP_C_W_E | JS_PROP_THROW);
            JS_FreeAtom(ctx, name);
            break;
        }
        next = own(at, name);
        if (!JS_IsException(next) && !JS_IsObject(next)) {
            JS_FreeValue(ctx, next);
            next = JS_NewObject(ctx);
            if (!JS_IsException(next) && JS_DefinePropertyValue(ctx, at, name, JS_DupValue(ctx, next), JS_PROP_C_W_E | JS_PROP_THROW) < 0) {
                JS_FreeValue(ctx, next);
                next = JS_EXCEPTION;
            }
        }
        JS_FreeAtom(ctx, name);
        JS_FreeValue(ctx, at);
        if (JS_IsException(next))
            return -1;
        at = next;
    }
    JS_FreeValue(ctx, at);
    return ret < 0 ? -1 : 0;
}

/* Values as vendors write them: what a value reads as, undefined where it reads as none. v is freed. */
enum { AS_IS, AS_TEXT, AS_INT, AS_NUMBER, AS_BOOL, AS_TIME };

static BOOL is_text_of(const char *s, size_t n, const char *word) { return strlen(word) == n && !memcmp(s, word, n); }

static JSValue new_time(const char *s, size_t n)
{
    char out[40];
    int written = time_normalise(out, s, n);
    return written ? JS_NewStringLen(ctx, out, written) : JS_UNDEFINED;
}

/* A whole number of 64 bits, as the other SDKs have them; past 2^53 a BigInt. */
static JSValue whole_number(const char *s, size_t n)
{
    BOOL negative = n > 0 && *s == '-';
    uint64_t v = 0; /* 19 digits fit */
    if (negative)
        s++, n--;
    if (n == 0 || n > 19)
        return JS_UNDEFINED;
    for (; n > 0; n--, s++) {
        if (*s < '0' || *s > '9')
            return JS_UNDEFINED;
        v = v * 10 + (*s - '0');
    }
    if (v > (uint64_t)INT64_MAX + negative)
        return JS_UNDEFINED;
    if (v > MAX_SAFE_INTEGER)
        return JS_NewBigInt64(ctx, negative ? (int64_t)(0 - v) : (int64_t)v);
    return JS_NewInt64(ctx, negative ? -(int64_t)v : (int64_t)v);
}

/* A text read as something else. A number is one as JSON writes it. */
static JSValue text_as(const char *s, size_t n, int as)
{
    if (as == AS_TIME)
        return new_time(s, n);
    if (as == AS_BOOL) {
        if (is_text_of(s, n, "true") || is_text_of(s, n, "1"))
            return JS_TRUE;
        return is_text_of(s, n, "false") || is_text_of(s, n, "0") ? JS_FALSE : JS_UNDEFINED;
    }
    if (as == AS_INT)
        return whole_number(s, n);
    if (n > 0 && (*s == '-' || (*s >= '0' && *s <= '9'))) {
        JSONReader r = { ctx, s, s + n, s, 0, NULL };
        JSValue v = json_number(&r);
        if (!r.what && r.p < r.end) {
            JS_FreeValue(ctx, v);
            return JS_UNDEFINED;
        }
        return r.what ? JS_UNDEFINED : v;
    }
    return JS_UNDEFINED;
}

static JSValue read_as(JSValue v, int as)
{
    int tag = JS_VALUE_GET_NORM_TAG(v);
    JSValue read = JS_UNDEFINED;
    double d;

    if (as == AS_IS || tag == JS_TAG_EXCEPTION || tag == JS_TAG_UNDEFINED)
        return v;
    switch (tag) {
    case JS_TAG_STRING: {
        size_t n;
        const char *s;
        if (as == AS_TEXT)
            return v;
        if (!(s = JS_ToCStringLen(ctx, &n, v))) {
            read = JS_EXCEPTION;
            break;
        }
        read = text_as(s, n, as);
        JS_FreeCString(ctx, s);
        break;
    }
    case JS_TAG_INT:
        if (as == AS_INT || as == AS_NUMBER)
            return v;
        if (as == AS_TEXT)
            read = JS_ToString(ctx, v);
        else if (as == AS_BOOL && (JS_VALUE_GET_INT(v) == 0 || JS_VALUE_GET_INT(v) == 1))
            read = JS_NewBool(ctx, JS_VALUE_GET_INT(v));
        break;
    case JS_TAG_FLOAT64:
        d = JS_VALUE_GET_FLOAT64(v);
        if (as == AS_NUMBER || (as == AS_INT && d == floor(d) && isfinite(d)))
            return v;
        if (as == AS_TEXT)
            read = JS_ToString(ctx, v);
        break;
    case JS_TAG_BIG_INT:
    case JS_TAG_SHORT_BIG_INT:
        if (as == AS_NUMBER)
            return v;
        if (as == AS_TEXT || as == AS_INT)
            read = JS_ToString(ctx, v);
        if (as == AS_INT && !JS_IsException(read))
            read = read_as(read, AS_INT);
        break;
    case JS_TAG_BOOL:
        if (as == AS_BOOL)
            return v;
        if (as == AS_TEXT)
            read = JS_ToString(ctx, v);
        break;
    }
    JS_FreeValue(ctx, v);
    return read;
}

/* A Doc: a document, and the places that were taken from it. */
typedef struct {
    JSObject *holder; /* kept, so that its address stays its own; NULL: the document as a whole */
    JSAtom name;
} Mark;

typedef struct {
    JSValue root;
    Mark *marks;
    int n, cap;
} Doc;

static JSClassID doc_class;

static void doc_free(JSRuntime *rt, JSValue v)
{
    Doc *d = JS_GetOpaque(v, doc_class);
    if (!d)
        return;
    for (int i = 0; i < d->n; i++) {
        if (d->marks[i].holder)
            JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, d->marks[i].holder));
        JS_FreeAtomRT(rt, d->marks[i].name);
    }
    JS_FreeValueRT(rt, d->root);
    free(d->marks);
    free(d);
}

static void doc_mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *mark)
{
    Doc *d = JS_GetOpaque(v, doc_class);
    if (!d)
        return;
    for (int i = 0; i < d->n; i++)
        if (d->marks[i].holder)
            JS_MarkValue(rt, JS_MKPTR(JS_TAG_OBJECT, d->marks[i].holder), mark);
    JS_MarkValue(rt, d->root, mark);
}

static const JSClassDef doc_def = { "Doc", .finalizer = doc_free, .gc_mark = doc_mark };

static BOOL doc_has(Doc *d, JSObject *holder, JSAtom name)
{
    for (int i = 0; i < d->n; i++)
        if (d->marks[i].holder == holder && d->marks[i].name == name)
            return TRUE;
    return FALSE;
}

/* Adds a mark; holder is dup'd, name taken over. */
static int doc_take(Doc *d, JSObject *holder, JSAtom name)
{
    if (doc_has(d, holder, name)) {
        JS_FreeAtom(ctx, name);
        return 0;
    }
    if (d->n == d->cap) {
        int cap = d->cap * 2 + 16;
        Mark *marks = realloc(d->marks, cap * sizeof(*marks));
        if (!marks) {
            JS_FreeAtom(ctx, name);
            JS_ThrowOutOfMemory(ctx);
            return -1;
        }
        d->marks = marks;
        d->cap = cap;
    }
    if (holder)
        JS_DupValue(ctx, JS_MKPTR(JS_TAG_OBJECT, holder));
    d->marks[d->n++] = (Mark){ holder, name };
    return 0;
}

/* get and take in all their kinds: magic is what to read the value as, and whether to take it. */
#define TAKE 16

static JSValue doc_read(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    Doc *d = JS_GetOpaque2(ctx, this_val, doc_class);
    JSObject *holder;
    JSAtom last = JS_ATOM_NULL;
    JSValue v;
    const char *path;
    size_t n;

    if (!d || !(path = JS_ToCStringLen(ctx, &n, argv[0])))
        return JS_EXCEPTION;
    v = path_get(d->root, path, n, &holder, &last);
    JS_FreeCString(ctx, path);
    v = read_as(v, magic & ~TAKE);
    if ((magic & TAKE) && !JS_IsException(v) && !JS_IsUndefined(v)) {
        if (doc_take(d, holder, holder ? JS_DupAtom(ctx, last) : JS_ATOM_NULL)) {
            JS_FreeValue(ctx, v);
            v = JS_EXCEPTION;
        }
    }
    JS_FreeAtom(ctx, last);
    return v;
}

static JSValue doc_rest_of(Doc *d, JSValueConst v, int depth);

/* Whether a value is {} or []. */
static BOOL is_bare(JSValueConst v)
{
    JSPropertyEnum *names;
    uint32_t n;
    if (!JS_IsObject(v) || JS_GetOwnPropertyNamesInternal(ctx, &names, &n, JS_VALUE_GET_OBJ(v), JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY))
        return FALSE;
    js_free_prop_enum(ctx, names, n);
    return n == 0;
}

static JSValue doc_rest_list(Doc *d, JSValueConst list, int depth)
{
    JSObject *p = JS_VALUE_GET_OBJ(list);
    JSValue out = JS_NewArray(ctx);
    int64_t n, i;
    uint32_t kept = 0;

    if (JS_IsException(out) || js_get_length64(ctx, &n, list))
        goto fail;
    for (i = 0; i < n; i++) {
        JSAtom name = JS_NewAtomInt64(ctx, i);
        BOOL taken = doc_has(d, p, name);
        JSValue v, rest;
        JS_FreeAtom(ctx, name);
        if (taken)
            continue;
        v = JS_GetPropertyInt64(ctx, list, i);
        if (JS_IsException(v))
            goto fail;
        if (is_absent(v)) { /* its place means something */
            rest = JS_IsUndefined(v) ? JS_NULL : v;
        } else {
            rest = doc_rest_of(d, v, depth);
            if (JS_IsUndefined(rest) && is_bare(v))
                rest = JS_DupValue(ctx, v);
            JS_FreeValue(ctx, v);
        }
        if (JS_IsException(rest) || (!JS_IsUndefined(rest) && JS_DefinePropertyValueUint32(ctx, out, kept++, rest, JS_PROP_C_W_E) < 0))
            goto fail;
    }
    if (kept > 0)
        return out;
    JS_FreeValue(ctx, out);
    return JS_UNDEFINED;
fail:
    JS_FreeValue(ctx, out);
    return JS_EXCEPTION;
}

static JSValue doc_rest_members(Doc *d, JSValueConst obj, int depth)
{
    JSObject *p = JS_VALUE_GET_OBJ(obj);
    JSPropertyEnum *names;
    JSValue out = JS_UNDEFINED;
    uint32_t n, i;

    if (JS_GetOwnPropertyNamesInternal(ctx, &names, &n, p, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY))
        return JS_EXCEPTION;
    for (i = 0; i < n; i++) {
        JSValue v, rest;
        if (doc_has(d, p, names[i].atom))
            continue;
        v = JS_GetProperty(ctx, obj, names[i].atom);
        rest = JS_IsException(v) ? v : doc_rest_of(d, v, depth);
        if (!JS_IsException(v))
            JS_FreeValue(ctx, v);
        if (!JS_IsException(rest) && !JS_IsUndefined(rest) && JS_IsUndefined(out))
            out = JS_NewObject(ctx);
        if (JS_IsException(rest) || JS_IsException(out) ||
            (!JS_IsUndefined(rest) && JS_DefinePropertyValue(ctx, out, names[i].atom, rest, JS_PROP_C_W_E) < 0)) {
            JS_FreeValue(ctx, out);
            out = JS_EXCEPTION;
            break;
        }
    }
    js_free_prop_enum(ctx, names, n);
    return out;
}

static JSValue doc_rest_of(Doc *d, JSValueConst v, int depth)
{
    int list;
    if (is_absent(v))
        return JS_UNDEFINED;
    if (!JS_IsObject(v))
        return JS_DupValue(ctx, v);
    if (depth >= JSON_DEPTH || js_check_stack_overflow(ctx->rt, 0))
        return JS_ThrowStackOverflow(ctx);
    if ((list = JS_IsArray(ctx, v)) < 0)
        return JS_EXCEPTION;
    return list ? doc_rest_list(d, v, depth + 1) : doc_rest_members(d, v, depth + 1);
}

static JSValue doc_rest(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv)
{
    Doc *d = JS_GetOpaque2(ctx, this_val, doc_class);
    if (!d)
        return JS_EXCEPTION;
    return doc_has(d, NULL, JS_ATOM_NULL) ? JS_UNDEFINED : doc_rest_of(d, d->root, 0);
}

static JSValue doc_root(JSContext *c, JSValueConst this_val)
{
    Doc *d = JS_GetOpaque2(ctx, this_val, doc_class);
    return d ? JS_DupValue(ctx, d->root) : JS_EXCEPTION;
}

static const JSCFunctionListEntry doc_methods[] = {
    JS_CGETSET_DEF("root", doc_root, NULL),
    JS_CFUNC_MAGIC_DEF("get", 1, doc_read, AS_IS),
    JS_CFUNC_MAGIC_DEF("text", 1, doc_read, AS_TEXT),
    JS_CFUNC_MAGIC_DEF("int", 1, doc_read, AS_INT),
    JS_CFUNC_MAGIC_DEF("number", 1, doc_read, AS_NUMBER),
    JS_CFUNC_MAGIC_DEF("bool", 1, doc_read, AS_BOOL),
    JS_CFUNC_MAGIC_DEF("time", 1, doc_read, AS_TIME),
    JS_CFUNC_MAGIC_DEF("take", 1, doc_read, AS_IS | TAKE),
    JS_CFUNC_MAGIC_DEF("takeText", 1, doc_read, AS_TEXT | TAKE),
    JS_CFUNC_MAGIC_DEF("takeInt", 1, doc_read, AS_INT | TAKE),
    JS_CFUNC_MAGIC_DEF("takeNumber", 1, doc_read, AS_NUMBER | TAKE),
    JS_CFUNC_MAGIC_DEF("takeBool", 1, doc_read, AS_BOOL | TAKE),
    JS_CFUNC_MAGIC_DEF("takeTime", 1, doc_read, AS_TIME | TAKE),
    JS_CFUNC_DEF("rest", 0, doc_rest),
};

static int add_doc_class(void)
{
    JSValue proto;
    JS_NewClassID(&doc_class);
    if (JS_NewClass(JS_GetRuntime(ctx), doc_class, &doc_def))
        return -1;
    proto = JS_NewObject(ctx);
    if (JS_IsException(proto))
        return -1;
    JS_SetPropertyFunctionList(ctx, proto, doc_methods, countof(doc_methods));
    JS_SetClassProto(ctx, doc_class, proto);
    return 0;
}

/* new Doc(value) */
static JSValue new_doc(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue v = JS_NewObjectClass(ctx, doc_class);
    Doc *d;
    if (JS_IsException(v))
        return v;
    if (!(d = calloc(1, sizeof(*d)))) {
        JS_FreeValue(ctx, v);
        return JS_ThrowOutOfMemory(ctx);
    }
    d->root = JS_DupValue(ctx, argv[0]);
    JS_SetOpaque(v, d);
    return v;
}

/* get(value, path) */
static JSValue host_get(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t n;
    const char *path = JS_ToCStringLen(ctx, &n, argv[1]);
    JSValue v;
    if (!path)
        return JS_EXCEPTION;
    v = path_get(argv[0], path, n, NULL, NULL);
    JS_FreeCString(ctx, path);
    return v;
}

/* set(object, path, value) */
static JSValue host_set(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t n;
    const char *path = JS_ToCStringLen(ctx, &n, argv[1]);
    int ret;
    if (!path)
        return JS_EXCEPTION;
    ret = path_set(argv[0], path, n, argv[2]);
    JS_FreeCString(ctx, path);
    return ret ? JS_EXCEPTION : JS_UNDEFINED;
}

/* remove(object, path) */
static JSValue host_remove(JSContext *c, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t n;
    const char *path = JS_ToCStringLen(ctx, &n, argv[1]);
    JSObject *holder;
    JSAtom last = JS_ATOM_NULL;
    JSValue v;
    if (!path)
        return JS_EXCEPTION;
    v = path_get(argv[0], path, n, &holder, &last);
    JS_FreeCString(ctx, path);
    if (!JS_IsException(v) && holder && JS_DeleteProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, holder), last, 0) < 0) {
        JS_FreeValue(ctx, v);
        v = JS_EXCEPTION;
    }
    JS_FreeAtom(ctx, last);
    if (JS_IsException(v))
        return v;
    JS_FreeValue(ctx, v);
    return JS_UNDEFINED;
}
