/* Colours of tenants: can people see them? */
#pragma once

/* What WCAG 2.2 (1.4.11) asks of graphics, which is what the tenant's colour is used for. */
#define COLOR_CONTRAST_LEAST 3.0

/* The contrast of "#rrggbb" with white, from 1 to 21 (WCAG 2.2, relative luminance). 1 for any other text. */
double color_contrast_on_white(const char *color);
