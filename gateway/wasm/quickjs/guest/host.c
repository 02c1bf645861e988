/* What joins QuickJS to the plugin interface: a reactor that makes a plugin of one script.
 *
 * QuickJS is included rather than linked, because json.h uses its insides. Exports, each () -> i32 as the interface asks:
 *
 *   compile   reads the two sources, writes what the script does and its bytecode; once for a file
 *   load      reads what compile wrote, and evaluates the script; once for an instance
 *   init, receive, transform, format, judge, encode   the script's own
 *
 * The input of compile is the length of plugboard.js (4 bytes, little-endian), plugboard.js and the script, whose file name
 * is the fact "file". Its output is the length of plugboard.js's bytecode, that bytecode, a byte whose bits are the functions
 * that the script exports, and the script's bytecode.
 *
 * The module "plugboard" that a script imports is JavaScript (plugboard.js). It stands on the module "plugboard:host":
 * the functions in host_functions.h.
 */
#include "quickjs.c"
#undef malloc
#undef free
#undef realloc

#include <unistd.h>

#include "plugboard_v1.h"
#include "json.h"
#include "rfc3339.h"
#include "templates.h"

#define EXPORT(name) __attribute__((export_name(#name))) int32_t name##_export(void)

enum { INIT = 5, FUNCTIONS = 6 }; /* init comes last: the others are numbered as the gateway numbers them */
static const char *const function_names[FUNCTIONS] = { "receive", "transform", "format", "judge", "encode", "init" };

static JSContext *ctx;         /* the one of this instance */
static JSValue call_function;  /* plugboard.js's call(name, function) */
static JSValue functions[FUNCTIONS];
static char file[256];         /* the script's file name */
static JSONWriter output;

#include "paths.h"
#include "host_functions.h"

/* Of the C stack in the guest's memory, which has 512 KiB (build.sh), a script may use this much before it gets an
 * InternalError: some 600 calls of JavaScript. The gateway's own stack for the guest grows by 6 KiB a call with it, and must
 * not come to its bound first (maxScriptStack), since the gateway does not know lines. */
#define STACK_FOR_SCRIPTS (160 << 10)

/* Finds " file:LINE:COLUMN" of the first place in a trace that is in the script. */
static int find_place(const char *trace, char *out, size_t room)
{
    size_t n = strlen(file);
    const char *p = trace;
    while (n > 0 && (p = strstr(p, file))) {
        const char *q = p + n;
        if (*q == ':' && q[1] >= '0' && q[1] <= '9') {
            while ((*q >= '0' && *q <= '9') || (*q == ':' && q[1] >= '0' && q[1] <= '9'))
                q++;
            if ((size_t)(q - p) >= room)
                return 0;
            memcpy(out, p, q - p);
            out[q - p] = 0;
            return 1;
        }
        p = q;
    }
    return 0;
}

/* Ends the instance: what a script's memory or stack was full of cannot be trusted to be whole. */
static int32_t give_up(const char *what, const char *place)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "%s%s%s\n", place, *place ? ": " : "", what);
    write(2, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
    __builtin_trap();
}

/* The text of a property, to be freed; NULL without one. */
static const char *property_text(JSValueConst obj, const char *name)
{
    JSValue v = JS_GetPropertyStr(ctx, obj, name);
    const char *text = NULL;
    if (JS_IsString(v))
        text = JS_ToCString(ctx, v);
    JS_FreeValue(ctx, v);
    if (!text)
        JS_FreeValue(ctx, JS_GetException(ctx));
    return text;
}

static void free_text(const char *text)
{
    if (text)
        JS_FreeCString(ctx, text);
}

/* What the engine throws by itself: a mistake in the script. Error and what is derived from it are the author's own word. */
static BOOL is_mistake(JSValueConst e)
{
    JSObject *proto;
    if (!JS_IsObject(e) || !(proto = JS_VALUE_GET_OBJ(e)->shape->proto))
        return FALSE;
    for (int i = 0; i < JS_NATIVE_ERROR_COUNT; i++)
        if (JS_IsObject(ctx->native_error_proto[i]) && JS_VALUE_GET_OBJ(ctx->native_error_proto[i]) == proto)
            return TRUE;
    return FALSE;
}

#define MISTAKE (-2) /* a call's result, beside a stop that says which */

/* Says what was thrown, with its place: the plugin's own word (reject and its like), another error, or a mistake. */
static int32_t thrown(void)
{
    JSValue e = JS_GetException(ctx), stop = JS_UNDEFINED;
    const char *trace = NULL, *text = NULL;
    char place[300] = "", *sentence;
    int32_t kind = 0, size, status = is_mistake(e) ? MISTAKE : STOP_FAIL;

    if (JS_IsObject(e)) {
        stop = JS_GetPropertyStr(ctx, e, "stop");
        if (JS_VALUE_GET_TAG(stop) == JS_TAG_INT)
            kind = JS_VALUE_GET_INT(stop);
        JS_FreeValue(ctx, stop);
    }
    if (kind >= STOP_REJECT && kind <= STOP_FAIL) {
        text = property_text(e, "message");
        pb_stop(kind, text ? text : "", text ? strlen(text) : 0);
        free_text(text);
        JS_FreeValue(ctx, e);
        return kind;
    }
    if (JS_IsObject(e) && (trace = property_text(e, "stack")))
        find_place(trace, place, sizeof(place));
    text = JS_ToCString(ctx, e); /* as JavaScript says it: TypeError: not a function */
    if (!text)
        JS_FreeValue(ctx, JS_GetException(ctx));
    if (!text || !strcmp(text, "InternalError: out of memory") || !strcmp(text, "InternalError: stack overflow") ||
        JS_IsNull(e))
        return give_up(text && !JS_IsNull(e) ? text : "InternalError: out of memory", place);
    size = strlen(text) + sizeof(place) + 8;
    if (!(sentence = malloc(size)))
        return give_up("InternalError: out of memory", place);
    size = snprintf(sentence, size, "%s%s%s", place, *place ? ": " : "", text);
    pb_stop(STOP_FAIL, sentence, size);
    free(sentence);
    if (trace) {
        pb_log(3, text, strlen(text));
        pb_log(3, trace, strlen(trace));
    }
    free_text(text);
    free_text(trace);
    JS_FreeValue(ctx, e);
    return status;
}

static char *normalise_module(JSContext *ctx, const char *base, const char *name, void *opaque)
{
    if (!strcmp(name, "plugboard") || (!strcmp(name, "plugboard:host") && !strcmp(base, "plugboard")))
        return js_strdup(ctx, name);
    JS_ThrowReferenceError(ctx, "it imports \"%s\"; a script may import \"plugboard\" only", name);
    return NULL;
}

static JSModuleDef *load_module(JSContext *ctx, const char *name, void *opaque)
{
    JS_ThrowReferenceError(ctx, "the module \"%s\" is missing", name);
    return NULL;
}

static int start(void)
{
    JSRuntime *rt = JS_NewRuntime();
    if (!rt || !(ctx = JS_NewContext(rt)))
        return -1;
    JS_SetMaxStackSize(rt, STACK_FOR_SCRIPTS);
    JS_SetModuleLoaderFunc(rt, normalise_module, load_module, NULL);
    call_function = JS_UNDEFINED;
    for (int i = 0; i < FUNCTIONS; i++)
        functions[i] = JS_UNDEFINED;
    return add_doc_class() ? -1 : add_host_module(ctx);
}

static void ask_file(void)
{
    int32_t n = pb_fact("file", 4, file, sizeof(file) - 1);
    file[n > 0 && n < (int)sizeof(file) ? n : 0] = 0;
}

static uint32_t get32(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static void put32(char *p, uint32_t v)
{
    p[0] = v, p[1] = v >> 8, p[2] = v >> 16, p[3] = v >> 24;
}

/* Compiles a module and gives its bytecode, which is the caller's to free. */
static uint8_t *compile_module(const char *source, size_t n, const char *name, size_t *size, JSValue *module)
{
    char *text = malloc(n + 1); /* the compiler wants a zero at the end */
    uint8_t *code;
    if (!text) {
        JS_ThrowOutOfMemory(ctx);
        return NULL;
    }
    memcpy(text, source, n);
    text[n] = 0;
    *module = JS_Eval(ctx, text, n, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    free(text);
    if (JS_IsException(*module))
        return NULL;
    code = JS_WriteObject(ctx, size, *module, JS_WRITE_OBJ_BYTECODE);
    return code;
}

static int exported(JSModuleDef *m)
{
    int bits = 0;
    for (int i = 0; i < FUNCTIONS; i++) {
        JSAtom name = JS_NewAtom(ctx, function_names[i]);
        for (int k = 0; k < m->export_entries_count; k++)
            if (m->export_entries[k].export_name == name)
                bits |= 1 << i;
        JS_FreeAtom(ctx, name);
    }
    return bits;
}

EXPORT(compile)
{
    JSValue kit, script;
    uint8_t *kit_code, *code;
    size_t kit_n, n;
    uint32_t split;
    char head[5];
    JSModuleDef *m;

    if (start() || read_input() || input_n < 4 || (split = get32(input)) > input_n - 4)
        return give_up("InternalError: out of memory", "");
    ask_file();
    if (!(kit_code = compile_module(input + 4, split, "plugboard", &kit_n, &kit)))
        return thrown();
    if (!(code = compile_module(input + 4 + split, input_n - 4 - split, file, &n, &script)))
        return thrown();
    m = JS_VALUE_GET_PTR(script);
    if (js_create_module_function(ctx, m) || js_link_module(ctx, m))
        return thrown();
    put32(head, kit_n);
    pb_output_write(head, 4);
    pb_output_write(kit_code, kit_n);
    head[4] = exported(m);
    pb_output_write(head + 4, 1);
    pb_output_write(code, n);
    return 0;
}

/* Runs what promises have left to do. */
static int run_jobs(void)
{
    JSContext *of;
    int ret;
    while ((ret = JS_ExecutePendingJob(JS_GetRuntime(ctx), &of)) > 0)
        ;
    return ret;
}

/* What a promise comes to: there is nothing that it could wait for. */
static JSValue settled(JSValue v)
{
    JSValue result;
    if (JS_IsException(v) || run_jobs())
        goto fail;
    switch (JS_IsObject(v) ? JS_PromiseState(ctx, v) : -1) {
    case JS_PROMISE_PENDING:
        JS_ThrowTypeError(ctx, "it waits for a promise that nothing will settle: a plugin has no timers and no network");
        goto fail;
    case JS_PROMISE_FULFILLED:
        result = JS_PromiseResult(ctx, v);
        JS_FreeValue(ctx, v);
        return result;
    case JS_PROMISE_REJECTED:
        JS_Throw(ctx, JS_PromiseResult(ctx, v));
        goto fail;
    }
    return v;
fail:
    JS_FreeValue(ctx, v);
    return JS_EXCEPTION;
}

/* Evaluates a module from its bytecode. */
static JSModuleDef *evaluate(const char *code, size_t n)
{
    JSValue module = JS_ReadObject(ctx, (const uint8_t *)code, n, JS_READ_OBJ_BYTECODE), result;
    JSModuleDef *m;
    if (JS_IsException(module) || JS_ResolveModule(ctx, module))
        return NULL;
    m = JS_VALUE_GET_PTR(module);
    result = settled(JS_EvalFunction(ctx, module));
    if (JS_IsException(result))
        return NULL;
    JS_FreeValue(ctx, result);
    return m;
}

EXPORT(load)
{
    JSModuleDef *m;
    JSValue space;
    uint32_t split;

    if (start() || read_input() || input_n < 5 || (split = get32(input)) > input_n - 5)
        return give_up("InternalError: out of memory", "");
    ask_file();
    if (!evaluate(input + 4, split) || !(m = evaluate(input + 5 + split, input_n - 5 - split)))
        return thrown();
    done_input();
    space = JS_GetModuleNamespace(ctx, m);
    if (JS_IsException(space))
        return thrown();
    for (int i = 0; i < FUNCTIONS; i++) {
        functions[i] = JS_GetPropertyStr(ctx, space, function_names[i]);
        if (!JS_IsUndefined(functions[i]) && !JS_IsFunction(ctx, functions[i])) {
            JS_ThrowTypeError(ctx, "it exports %s, which is no function", function_names[i]);
            return thrown();
        }
    }
    JS_FreeValue(ctx, space);
    return 0;
}

/* Calls one of the script's functions and writes what it made. */
static int32_t run(int which)
{
    JSValue arguments[2], result;
    int32_t status = 0;

    if (JS_IsUndefined(functions[which]))
        return 0;
    arguments[0] = JS_NewInt32(ctx, which);
    arguments[1] = functions[which];
    result = settled(JS_Call(ctx, call_function, JS_UNDEFINED, 2, (JSValueConst *)arguments));
    if (JS_IsException(result) || (which != INIT && !JS_IsUndefined(result) && json_write_value(ctx, &output, result, 0)))
        status = thrown();
    else if (output.n > 0)
        pb_output_write(output.text, output.n);
    JS_FreeValue(ctx, result);
    json_done(&output);
    done_input();
    return status;
}

EXPORT(init) { return run(INIT); }
EXPORT(receive) { return run(0); }
EXPORT(transform) { return run(1); }
EXPORT(format) { return run(2); }
EXPORT(judge) { return run(3); }
EXPORT(encode) { return run(4); }
