/* SPDX-License-Identifier: MIT */
/* The content of an HTTP/1.1 request; see http_body.h. */
#include "config.h"

#include "transport/http_body.h"

#include "schema/chars.h"
#include "transport/http_text.h"

/* What comes next. */
enum state {
    PLAIN,     /* content of a declared length */
    SIZE,      /* a digit of a chunk's size, or what follows the digits */
    BLANKS,    /* behind it, where only blanks and then an extension may stand */
    EXTENSION, /* a byte of extensions, or the end of their line */
    SIZE_LF,   /* the LF of the line */
    CHUNK,     /* content */
    CHUNK_CR,  /* the end of a chunk */
    CHUNK_LF,
    TRAILER,       /* a trailer, or the empty line that ends the body */
    TRAILER_NAME,  /* within its name */
    TRAILER_VALUE, /* behind the colon */
    TRAILER_LF,
    LAST_LF,
    END
};

enum { DIGITS_MAX = 15 }; /* no number of so many overflows */

static int refuse(struct mcps__http_body *b, int status, const char *why)
{
    b->status = status;
    b->why = why;
    return status == 400 ? MCPS_EPROTOCOL : MCPS_ELIMIT;
}

static int refuse_length(struct mcps__http_body *b)
{
    return refuse(b, 413, "the body is too long");
}

void mcps__http_body_init(struct mcps__http_body *body,
                          const struct mcps__http_head *head, uint64_t max)
{
    *body = (struct mcps__http_body){ .state = PLAIN, .max = max };
    if (head->chunked)
        body->state = SIZE;
    else if (head->has_length && head->length > 0)
        body->left = head->length;
    else
        body->state = END;
    if (body->left > max)
        refuse_length(body);
}

uint64_t mcps__http_body_received(const struct mcps__http_body *body)
{
    return body->received;
}

/* ---- what is not content, byte by byte: 0, or what was refused ---- */

static int expect(struct mcps__http_body *b, char c, char wanted, enum state next,
                  const char *why)
{
    if (c != wanted)
        return refuse(b, 400, why);
    b->state = (int)next;
    return 0;
}

/* Between a size and the end of its line; only an extension is a reason to be there. */
static int take_extension(struct mcps__http_body *b, char c)
{
    if (c == '\r' && b->state == EXTENSION) {
        b->state = SIZE_LF;
        return 0;
    }
    if (b->extension++ == MCPS__BODY_EXTENSION_MAX)
        return refuse(b, 400, "the extensions of the chunks are too long");
    if (c == ';')
        b->state = EXTENSION;
    else if (b->state == BLANKS && !mcps__http_is_blank(c))
        return refuse(b, 400, "the size of a chunk is no hexadecimal number");
    else if (!mcps__http_byte_is(c, MCPS__HTTP_VALUE))
        return refuse(b, 400, "the extension of a chunk has a control character");
    return 0;
}

static int take_size(struct mcps__http_body *b, char c)
{
    int digit = mcps__ascii_hex(c);

    if (digit >= 0) {
        if (b->digits == DIGITS_MAX)
            return refuse(b, 400, "the size of a chunk has too many digits");
        b->digits++;
        b->left = b->left * 16 + (uint64_t)digit;
        return 0;
    }
    if (b->digits == 0)
        return refuse(b, 400, "a chunk has no size");
    b->state = c == '\r' ? SIZE_LF : BLANKS;
    return c == '\r' ? 0 : take_extension(b, c);
}

static int take_size_end(struct mcps__http_body *b, char c)
{
    int r = expect(b, c, '\n', b->left > 0 ? CHUNK : TRAILER,
                   "the line of a chunk's size does not end with CRLF");

    if (r == 0 && b->left > b->max - b->received)
        return refuse_length(b);
    return r;
}

static int take_chunk_end(struct mcps__http_body *b, char c)
{
    b->digits = 0;
    return expect(b, c, '\n', SIZE, "a chunk does not end with CRLF");
}

static int take_trailer_name(struct mcps__http_body *b, char c)
{
    if (c == ':' && b->state == TRAILER_NAME)
        b->state = TRAILER_VALUE;
    else if (mcps__http_byte_is(c, MCPS__HTTP_TOKEN))
        b->state = TRAILER_NAME;
    else
        return refuse(b, 400, "a trailer has no name, or no colon right behind it");
    return 0;
}

static int take_trailer_value(struct mcps__http_body *b, char c)
{
    if (c == '\r')
        b->state = TRAILER_LF;
    else if (!mcps__http_byte_is(c, MCPS__HTTP_VALUE))
        return refuse(b, 400, "a trailer has a control character");
    return 0;
}

static int take_trailer(struct mcps__http_body *b, char c)
{
    if (c == '\r' && b->state == TRAILER) {
        b->state = LAST_LF;
        return 0;
    }
    if (b->trailer++ == MCPS__BODY_TRAILER_MAX)
        return refuse(b, 431, "the trailers are too long");
    if (b->state == TRAILER_VALUE)
        return take_trailer_value(b, c);
    if (b->state == TRAILER_LF)
        return expect(b, c, '\n', TRAILER, "a trailer does not end with CRLF");
    return take_trailer_name(b, c);
}

static int take_byte(struct mcps__http_body *b, char c)
{
    switch (b->state) {
    case SIZE: return take_size(b, c);
    case BLANKS:
    case EXTENSION: return take_extension(b, c);
    case SIZE_LF: return take_size_end(b, c);
    case CHUNK_CR:
        return expect(b, c, '\r', CHUNK_LF, "a chunk is longer than its size says");
    case CHUNK_LF: return take_chunk_end(b, c);
    case LAST_LF: return expect(b, c, '\n', END, "the body does not end with CRLF");
    default: return take_trailer(b, c);
    }
}

/* ---- steps ---- */

static struct mcps__slice take_content(struct mcps__http_body *b, const char **data,
                                       size_t *len)
{
    struct mcps__slice run = { *data, *len < b->left ? *len : (size_t)b->left };

    *data += run.len;
    *len -= run.len;
    b->left -= run.len;
    b->received += run.len;
    if (b->left == 0)
        b->state = b->state == PLAIN ? END : CHUNK_CR;
    return run;
}

int mcps__http_body_next(struct mcps__http_body *body, const char **data, size_t *len,
                         struct mcps__slice *ret)
{
    if (body->status != 0)
        return refuse(body, body->status, body->why);
    while (*len > 0 && body->state != END) {
        int r;

        if (body->left > 0 && (body->state == PLAIN || body->state == CHUNK)) {
            *ret = take_content(body, data, len);
            return MCPS__BODY_CONTENT;
        }
        r = take_byte(body, **data);
        if (r < 0)
            return r;
        (*data)++;
        (*len)--;
    }
    return body->state == END ? MCPS__BODY_END : MCPS__BODY_MORE;
}
