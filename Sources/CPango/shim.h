#pragma once
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-font.h>
#include <pango/pangofc-fontmap.h>

// Pango is GObject C: casts are macros, lists are GSList, break attributes are bit fields. These functions give
// Swift plain numbers. All lengths are pixels.

typedef struct {
    unsigned start, end; // bytes of the text
    double red, green, blue, alpha;
} tw_span;

typedef struct {
    double ink_left, ink_right, ascent, descent; // around the origin of the baseline
    int unknown_glyphs;
} tw_line_extents;

static inline void tw_object_unref(void *object) { g_object_unref(object); }

/// A context with a font map of its own: maps must never be shared between threads.
static inline PangoContext *tw_context_new(FcConfig *config) {
    PangoFontMap *map = pango_cairo_font_map_new();
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(map), config);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
    PangoContext *context = pango_font_map_create_context(map);
    g_object_unref(map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    return context;
}

static inline void tw_context_prepare(PangoContext *context, const char *language, int right_to_left) {
    pango_context_set_language(context, pango_language_from_string(language));
    pango_context_set_base_dir(context, right_to_left ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
}

/// 1 for right to left, 0 for left to right, -1 for text without letters of either direction.
static inline int tw_direction(const char *text, int length) {
    PangoDirection direction = pango_find_base_dir(text, length);
    if (direction == PANGO_DIRECTION_RTL) return 1;
    return direction == PANGO_DIRECTION_LTR ? 0 : -1;
}

static inline PangoLayout *tw_layout_new(
    PangoContext *context, const char *text, int length, const char *family, int weight, double size,
    double tracking, const tw_span *spans, int span_count
) {
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, family);
    pango_font_description_set_weight(font, (PangoWeight)weight);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_width(layout, -1);
    PangoAttrList *attributes = pango_attr_list_new();
    if (tracking != 0)
        pango_attr_list_insert(attributes, pango_attr_letter_spacing_new((int)(tracking * PANGO_SCALE)));
    for (int i = 0; i < span_count; i++) {
        PangoAttribute *color = pango_attr_foreground_new(
            (guint16)(spans[i].red * 65535), (guint16)(spans[i].green * 65535),
            (guint16)(spans[i].blue * 65535));
        color->start_index = spans[i].start;
        color->end_index = spans[i].end;
        pango_attr_list_insert(attributes, color);
        PangoAttribute *alpha = pango_attr_foreground_alpha_new((guint16)(1 + spans[i].alpha * 65534));
        alpha->start_index = spans[i].start;
        alpha->end_index = spans[i].end;
        pango_attr_list_insert(attributes, alpha);
    }
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_text(layout, text, length);
    return layout;
}

/// Adds each cluster's advance at its first byte; `advances` has as many elements as the text has bytes, plus one.
static inline void tw_layout_advances(PangoLayout *layout, double *advances) {
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    do {
        PangoRectangle logical;
        pango_layout_iter_get_cluster_extents(iter, NULL, &logical);
        advances[pango_layout_iter_get_index(iter)] += (double)logical.width / PANGO_SCALE;
    } while (pango_layout_iter_next_cluster(iter));
    pango_layout_iter_free(iter);
}

/// A bit set for each position between characters: 1 may break, 2 must break, 4 white space follows, 8 cursor stop.
static inline void tw_layout_breaks(PangoLayout *layout, unsigned char *flags, int count) {
    int length = 0;
    const PangoLogAttr *attributes = pango_layout_get_log_attrs_readonly(layout, &length);
    for (int i = 0; i < count && i < length; i++)
        flags[i] = (unsigned char)(attributes[i].is_line_break | attributes[i].is_mandatory_break << 1 |
                                   attributes[i].is_white << 2 | attributes[i].is_cursor_position << 3);
}

static inline tw_line_extents tw_layout_extents(PangoLayout *layout) {
    PangoRectangle ink;
    pango_layout_get_extents(layout, &ink, NULL);
    int baseline = pango_layout_get_baseline(layout);
    tw_line_extents extents = {
        (double)ink.x / PANGO_SCALE, (double)(ink.x + ink.width) / PANGO_SCALE,
        (double)(baseline - ink.y) / PANGO_SCALE, (double)(ink.y + ink.height - baseline) / PANGO_SCALE,
        pango_layout_get_unknown_glyphs_count(layout)};
    return extents;
}

static inline int tw_font_has_color(PangoFont *font) {
    FcBool color = FcFalse;
    if (!PANGO_IS_FC_FONT(font)) return 0;
    FcPattern *pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
    return FcPatternGetBool(pattern, FC_COLOR, 0, &color) == FcResultMatch && color;
}

/// Adds the outlines of the first line to the path, its baseline at the origin. Bitmap emoji are left out:
/// tracing one takes over 100 ms.
static inline void tw_layout_path(cairo_t *cairo, PangoLayout *layout) {
    PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
    double x = 0;
    for (GSList *node = line->runs; node; node = node->next) {
        PangoLayoutRun *run = (PangoLayoutRun *)node->data;
        if (!tw_font_has_color(run->item->analysis.font)) {
            cairo_move_to(cairo, x, 0);
            pango_cairo_glyph_string_path(cairo, run->item->analysis.font, run->glyphs);
        }
        x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
    }
}

/// Fills the first line run by run, its baseline at the origin: in the run's colour, or else the one given.
/// Outlines are filled as paths, because Cairo 1.16 moves glyphs to whole pixels and strokes not.
static inline void tw_layout_fill(
    cairo_t *cairo, PangoLayout *layout, double red, double green, double blue, double alpha
) {
    PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
    double x = 0;
    for (GSList *node = line->runs; node; node = node->next) {
        PangoLayoutRun *run = (PangoLayoutRun *)node->data;
        double r = red, g = green, b = blue, a = alpha;
        for (GSList *extra = run->item->analysis.extra_attrs; extra; extra = extra->next) {
            PangoAttribute *attribute = (PangoAttribute *)extra->data;
            if (attribute->klass->type == PANGO_ATTR_FOREGROUND) {
                PangoColor color = ((PangoAttrColor *)attribute)->color;
                r = color.red / 65535.0;
                g = color.green / 65535.0;
                b = color.blue / 65535.0;
            } else if (attribute->klass->type == PANGO_ATTR_FOREGROUND_ALPHA) {
                a = (((PangoAttrInt *)attribute)->value - 1) / 65534.0;
            }
        }
        cairo_set_source_rgba(cairo, r, g, b, a);
        cairo_move_to(cairo, x, 0);
        if (tw_font_has_color(run->item->analysis.font)) {
            pango_cairo_show_glyph_string(cairo, run->item->analysis.font, run->glyphs);
            cairo_new_path(cairo);
        } else {
            pango_cairo_glyph_string_path(cairo, run->item->analysis.font, run->glyphs);
            cairo_fill(cairo);
        }
        x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
    }
}
