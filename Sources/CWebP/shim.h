#pragma once
#include <webp/decode.h>
#include <webp/encode.h>

/// Encodes 8-bit pixels in blue, green, red, alpha order (alpha straight) into `writer`; 0 when libwebp gave up.
static inline int tw_webp_write(
    const unsigned char *pixels, int stride, int width, int height, int has_alpha, float quality, int method,
    WebPMemoryWriter *writer
) {
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigPreset(&config, WEBP_PRESET_PHOTO, quality) || !WebPPictureInit(&picture)) return 0;
    config.method = method;
    picture.width = width;
    picture.height = height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = writer;
    int imported = has_alpha ? WebPPictureImportBGRA(&picture, pixels, stride)
                             : WebPPictureImportBGRX(&picture, pixels, stride);
    int done = imported && WebPEncode(&config, &picture);
    WebPPictureFree(&picture);
    return done;
}
