/* The C SDK's templates beside QuickJS: its files template.c, context.c, render.c, check.c, xml.c and what those stand on are
 * taken as they are. This file gives them memory: the SDK takes all of a call's from one row, which here is a list of chunks.
 * What reads JSON wants its nodes in a row without a gap, so there is room for them all before it begins. */
#include "../../../../sdk/c/template.h"
#include "templates.h"

#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 16 << 10 };

typedef struct chunk {
    struct chunk *next;
    uint64_t bytes[];
} chunk;

struct Template {
    const pb_template *read;
    chunk *chunks;
};

const char *const template_formats[TEMPLATE_FORMATS] = { "text", "json", "xml", "form", "url", "header", "html", "mrkdwn" };

char *pb_at, *pb_limit;
static chunk *chunks;

_Noreturn void pb_panic(const char *why)
{
    write(2, why, strlen(why));
    __builtin_trap();
}

void pb_more(size_t n)
{
    size_t size = n < CHUNK ? CHUNK : n;
    chunk *c = size < SIZE_MAX - sizeof *c ? malloc(sizeof *c + size) : NULL;
    if (!c)
        pb_panic("InternalError: out of memory\n");
    c->next = chunks;
    chunks = c;
    pb_at = (char *)c->bytes;
    pb_limit = pb_at + size;
}

void *pb_room(size_t n) { return pb_align(n); }

static void free_chunks(chunk *c)
{
    while (c) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
}

/* Begins with no memory, and gives back what there was. */
static chunk *take_chunks(void)
{
    chunk *all = chunks;
    chunks = NULL;
    pb_at = pb_limit = NULL;
    return all;
}

void template_done(void) { free_chunks(take_chunks()); }

bool pb_equal_long(const char *a, const char *b, size_t n) { return memcmp(a, b, n) == 0; }

bool pb_is_plain_long(const char *p, size_t n)
{
    while (n > 0 && pb_plain[(uint8_t)*p])
        p++, n--;
    return n == 0;
}

/* Reads JSON: it has at most as many values as commas and openings, and one. */
static pb_value parse(pb_text json)
{
    size_t values = 1;
    for (size_t i = 0; i < json.len; i++)
        values += json.at[i] == ',' || json.at[i] == '[' || json.at[i] == '{';
    pb_ensure(values * sizeof(struct pb_node) + json.len + 16);
    return pb_parse(json);
}

bool pb_is_json(pb_text json) { return parse(json) != NULL; }

Template *template_read(const char *text, size_t n, int format, const char **said, size_t *said_n)
{
    Template *t = malloc(sizeof *t);
    pb_text fault = { 0 };
    char *own;
    if (!t)
        pb_panic("InternalError: out of memory\n");
    own = pb_room(n); /* it is referred to as long as the template lasts */
    memcpy(own, text, n);
    t->read = pb_template_parse((pb_text){ own, n }, (pb_format)format, &fault);
    *said = fault.at;
    *said_n = fault.len;
    if (!t->read) {
        free(t);
        return NULL;
    }
    t->chunks = take_chunks();
    return t;
}

void template_free(Template *t)
{
    free_chunks(t->chunks);
    free(t);
}

int template_render(const Template *t, const char *json, size_t n, const char **said, size_t *said_n)
{
    pb_text out = { 0 };
    pb_value root = parse((pb_text){ json, n });
    int ok = root ? pb_render(t->read, root, &out) : 0;
    if (!root)
        out = pb_cat(PB("value cannot be read: "), pb_parse_error());
    *said = out.at;
    *said_n = out.len;
    return ok;
}
