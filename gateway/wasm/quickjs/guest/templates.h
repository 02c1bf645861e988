/* The C SDK's templates (sdk/c/plugboard_template.h), for host_functions.h. */
#ifndef TEMPLATES_H
#define TEMPLATES_H

#include <stddef.h>

typedef struct Template Template;

/* Reads a template of n bytes that makes one of template_formats. NULL when it has a fault: *said, *said_n is then which, until
 * template_done. */
Template *template_read(const char *text, size_t n, int format, const char **said, size_t *said_n);
void template_free(Template *t);

/* Fills a template from JSON. *said, *said_n is the result, or why there is none (0), until template_done. */
int template_render(const Template *t, const char *json, size_t n, const char **said, size_t *said_n);
void template_done(void);

enum { TEMPLATE_FORMATS = 8 };
extern const char *const template_formats[TEMPLATE_FORMATS];

#endif
