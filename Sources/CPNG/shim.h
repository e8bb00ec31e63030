#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors by longjmp, which must not cross Swift frames: both ends stay inside these functions.

typedef struct {
    const unsigned char *bytes;
    size_t count;
    size_t offset;
} tw_png_source;

typedef struct {
    unsigned char *bytes;
    size_t count;
    size_t capacity;
} tw_png_sink;

static inline void tw_png_pull(png_structp png, png_bytep into, size_t count) {
    tw_png_source *source = (tw_png_source *)png_get_io_ptr(png);
    if (count > source->count - source->offset) png_error(png, "truncated");
    memcpy(into, source->bytes + source->offset, count);
    source->offset += count;
}

static inline void tw_png_push(png_structp png, png_bytep from, size_t count) {
    tw_png_sink *sink = (tw_png_sink *)png_get_io_ptr(png);
    if (sink->count + count > sink->capacity) {
        size_t capacity = (sink->count + count) * 2;
        unsigned char *bytes = (unsigned char *)realloc(sink->bytes, capacity);
        if (!bytes) png_error(png, "out of memory");
        sink->bytes = bytes;
        sink->capacity = capacity;
    }
    memcpy(sink->bytes + sink->count, from, count);
    sink->count += count;
}

static inline void tw_png_flush(png_structp png) { (void)png; }
static inline void tw_png_ignore(png_structp png, png_const_charp text) { (void)png; (void)text; }

/// Copies the embedded ICC profile, inflated, into malloc'd memory; 0 when there is none or it is damaged.
static inline size_t tw_png_profile(const unsigned char *bytes, size_t count, unsigned char **profile) {
    tw_png_source source = {bytes, count, 0};
    volatile size_t length = 0;
    png_infop info = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, tw_png_ignore);
    if (!png) return 0;
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return length;
    }
    info = png_create_info_struct(png);
    png_set_read_fn(png, &source, tw_png_pull);
    png_read_info(png, info);
    png_charp name = NULL;
    png_bytep data = NULL;
    int compression = 0;
    png_uint_32 size = 0;
    if (png_get_iCCP(png, info, &name, &compression, &data, &size) == PNG_INFO_iCCP && size > 0) {
        *profile = (unsigned char *)malloc(size);
        if (*profile) {
            memcpy(*profile, data, size);
            length = size;
        }
    }
    png_destroy_read_struct(&png, &info, NULL);
    return length;
}

/// Writes 8-bit pixels in blue, green, red, alpha order (alpha straight) as a PNG in malloc'd memory.
/// Returns its length, or 0 when libpng gave up; `*out` is to be freed in both cases.
static inline size_t tw_png_write(
    const unsigned char *pixels, size_t stride, unsigned width, unsigned height, int has_alpha, int level,
    int filters, unsigned char **out
) {
    tw_png_sink sink = {NULL, 0, 0};
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, tw_png_ignore);
    if (!png) return 0;
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        *out = sink.bytes;
        return 0;
    }
    info = png_create_info_struct(png);
    png_set_write_fn(png, &sink, tw_png_push, tw_png_flush);
    png_set_IHDR(
        png, info, width, height, 8, has_alpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
        PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, level);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, filters);
    png_write_info(png, info);
    png_set_bgr(png);
    if (!has_alpha) png_set_filler(png, 0, PNG_FILLER_AFTER);
    for (unsigned y = 0; y < height; y++) png_write_row(png, pixels + stride * y);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *out = sink.bytes;
    return sink.count;
}

/// Macros that the importer cannot read.
static inline png_uint_32 tw_png_format_bgra(void) { return PNG_FORMAT_BGRA; }
static inline int tw_png_filters_fast(void) { return PNG_FILTER_SUB | PNG_FILTER_UP; }
static inline int tw_png_filters_all(void) { return PNG_ALL_FILTERS; }
