/* SPDX-License-Identifier: MIT */
/* libqrencode computes the squares; runs of dark ones become one path. */
#include "http/qr_svg.h"

#include <qrencode.h>

#include "base/buf.h"

#define QR_QUIET 4 /* squares around it (ISO/IEC 18004) */
#define QR_TEXT_MAX 1024

static void qr_row(struct buf *b, const unsigned char *row, int width, int y)
{
    for (int x = 0; x < width; x++) {
        int from = x;

        while (x < width && (row[x] & 1) != 0)
            x++;
        if (x > from)
            buf_fmt(b, "M%d %dh%dv1h-%dz", from + QR_QUIET, y + QR_QUIET,
                    x - from, x - from);
    }
}

static enum err qr_write(struct arena *a, const QRcode *code, struct str *svg_r)
{
    struct buf b = buf_new(a);
    const int side = code->width + 2 * QR_QUIET;

    buf_fmt(&b,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "shape-rendering=\"crispEdges\">"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>"
            "<path fill=\"#000\" d=\"",
            side, side, side, side);
    for (int y = 0; y < code->width; y++)
        qr_row(&b, code->data + (size_t)y * (size_t)code->width, code->width,
               y);
    buf_text(&b, "\"/></svg>");
    return buf_done(&b, svg_r);
}

enum err qr_svg(struct arena *a, struct str text, struct str *svg_r)
{
    if (text.n == 0 || text.n > QR_TEXT_MAX)
        return ERR_VALIDATION;
    QRcode *code = QRcode_encodeData((int)text.n, (const unsigned char *)text.p,
                                     0, QR_ECLEVEL_M);

    if (code == NULL)
        return ERR_NO_MEMORY;
    enum err e = qr_write(a, code, svg_r);

    QRcode_free(code);
    return e;
}
