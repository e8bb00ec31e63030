#pragma once
#include <lcms2.h>

// Pixel layouts are function-like macros, which the importer cannot read.
static inline cmsUInt32Number tw_cms_bgra(void) { return TYPE_BGRA_8; }
static inline cmsUInt32Number tw_cms_gray(void) { return TYPE_GRAY_8; }
static inline cmsUInt32Number tw_cms_cmyk(void) { return TYPE_CMYK_8; }
static inline cmsUInt32Number tw_cms_cmyk_inverted(void) { return TYPE_CMYK_8_REV; }
static inline cmsUInt32Number tw_cms_keep_alpha(void) { return cmsFLAGS_COPY_ALPHA; }
static inline int tw_cms_is_rgb(cmsHPROFILE profile) { return cmsGetColorSpace(profile) == cmsSigRgbData; }
static inline int tw_cms_is_gray(cmsHPROFILE profile) { return cmsGetColorSpace(profile) == cmsSigGrayData; }
static inline int tw_cms_is_cmyk(cmsHPROFILE profile) { return cmsGetColorSpace(profile) == cmsSigCmykData; }
