/* Contrast by WCAG 2.2. */
#include "color.h"

#include <math.h>
#include <string.h>

#include "encode.h"

static double
linear(unsigned char byte)
{
	double value = byte / 255.0;

	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

double
color_contrast_on_white(const char *color)
{
	unsigned char rgb[3];

	if (!color || *color != '#' || !hex_decode(color + 1, rgb, 3))
		return 1;
	return 1.05 / (0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]) + 0.05);
}
