/* The inner loop of the network: a 3x3 convolution with bias and ReLU, in WebAssembly with SIMD. script/wasm builds it.
 *
 * Feature maps are rows of pixels of `cin` or `cout` floats. `input_row` and `output_row` are the floats from one row to
 * the next; a map that the next layer pads has rows with one pixel more, which stays 0.
 * weights: [3][3][cin][cout], bias: [cout]. `cout` is a multiple of 16 and `width` is even: two pixels by sixteen
 * channels are computed at once, which is what fits in the registers.
 */

typedef float f32x4 __attribute__((vector_size(16)));

static f32x4 splat(float x) { return (f32x4){x, x, x, x}; }

static f32x4 positive(f32x4 x) {
  typedef int i32x4 __attribute__((vector_size(16)));
  return (f32x4)((i32x4)x & (x > splat(0)));
}

__attribute__((export_name("convolve"))) void convolve(
    const float *input, int input_row, const float *weights, const float *bias,
    float *output, int output_row, int width, int height, int cin, int cout, int stride) {
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x += 2) {
      const float *corner = input + y * stride * input_row + x * stride * cin;
      for (int channel = 0; channel < cout; channel += 16) {
        const f32x4 *b = (const f32x4 *)(bias + channel);
        f32x4 p0 = b[0], p1 = b[1], p2 = b[2], p3 = b[3];
        f32x4 q0 = p0, q1 = p1, q2 = p2, q3 = p3;
        const float *w = weights + channel;
        for (int ky = 0; ky < 3; ky++) {
          const float *p = corner + ky * input_row;
          const float *q = p + stride * cin;
          /* The three pixels of a row are adjacent, and so are their weights. */
          for (int i = 0; i < 3 * cin; i++, w += cout) {
            const f32x4 *v = (const f32x4 *)w;
            f32x4 left = splat(p[i]), right = splat(q[i]);
            p0 += left * v[0], p1 += left * v[1], p2 += left * v[2], p3 += left * v[3];
            q0 += right * v[0], q1 += right * v[1], q2 += right * v[2], q3 += right * v[3];
          }
        }
        f32x4 *o = (f32x4 *)(output + y * output_row + x * cout + channel);
        o[0] = positive(p0), o[1] = positive(p1), o[2] = positive(p2), o[3] = positive(p3);
        o += cout / 4;
        o[0] = positive(q0), o[1] = positive(q1), o[2] = positive(q2), o[3] = positive(q3);
      }
    }
  }
}
