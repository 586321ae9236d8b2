// The messages between all pairs of points of a cloud, and their derivative: the formulas of messages.py, one receiver
// at a time, so that everything of size senders x width stays in the first-level cache.
//
// Row-major arrays throughout. A width must be a multiple of a vector (8 floats, 4 doubles).

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

template <typename T> struct Vector;
template <> struct Vector<float> { typedef float type __attribute__((vector_size(32), aligned(4))); };
template <> struct Vector<double> { typedef double type __attribute__((vector_size(32), aligned(8))); };

template <typename T> using V = typename Vector<T>::type;
template <typename T> constexpr int lanes = 32 / sizeof(T);
constexpr int kRows = 6;  // 6 x 2 sums, two operands and a factor: the sixteen vector registers of AVX2

template <typename T> inline V<T> load(const T* from) { return *reinterpret_cast<const V<T>*>(from); }
template <typename T> inline void store(T* to, V<T> value) { *reinterpret_cast<V<T>*>(to) = value; }

// R rows and C vectors of columns of c = a b, or of c += a b; a is read with steps `next_row` and `next_k`.
template <typename T, int R, int C>
inline void block(const T* a, int next_row, int next_k, const T* b, T* c, int width, int depth, bool add) {
  constexpr int W = lanes<T>;
  V<T> sums[R][C];
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < C; ++v) sums[r][v] = add ? load(c + r * width + v * W) : V<T>{};
  for (int k = 0; k < depth; ++k) {
    V<T> operands[C];
    for (int v = 0; v < C; ++v) operands[v] = load(b + k * width + v * W);
    for (int r = 0; r < R; ++r) {
      const T factor = a[r * next_row + k * next_k];
      for (int v = 0; v < C; ++v) sums[r][v] += factor * operands[v];
    }
  }
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < C; ++v) store(c + r * width + v * W, sums[r][v]);
}

// C vectors of columns, all rows.
template <typename T, int C>
void columns(const T* a, int next_row, int next_k, const T* b, T* c, int rows, int depth, int width, bool add) {
  int row = 0;
  for (; row + kRows <= rows; row += kRows)
    block<T, kRows, C>(a + row * next_row, next_row, next_k, b, c + row * width, width, depth, add);
  const T* rest = a + row * next_row;
  T* to = c + row * width;
  switch (rows - row) {
    case 5: block<T, 5, C>(rest, next_row, next_k, b, to, width, depth, add); break;
    case 4: block<T, 4, C>(rest, next_row, next_k, b, to, width, depth, add); break;
    case 3: block<T, 3, C>(rest, next_row, next_k, b, to, width, depth, add); break;
    case 2: block<T, 2, C>(rest, next_row, next_k, b, to, width, depth, add); break;
    case 1: block<T, 1, C>(rest, next_row, next_k, b, to, width, depth, add); break;
  }
}

template <typename T>
void product(const T* a, int next_row, int next_k, const T* b, T* c, int rows, int depth, int width, bool add) {
  int column = 0;
  for (; column + 2 * lanes<T> <= width; column += 2 * lanes<T>)
    columns<T, 2>(a, next_row, next_k, b + column, c + column, rows, depth, width, add);
  if (column < width) columns<T, 1>(a, next_row, next_k, b + column, c + column, rows, depth, width, add);
}

// c (n, H) = a (n, H) w (H, H)
template <typename T> void times(const T* a, const T* w, T* c, int n, int width) {
  product(a, width, 1, w, c, n, width, width, false);
}

// g (H, H) += a^T b, for a and b (n, H)
template <typename T> void add_outer(const T* a, const T* b, T* g, int n, int width) {
  product(a, 1, width, b, g, width, n, width, true);
}

template <typename T> inline T dot(const T* x, const T* y, int width) {
  V<T> sum{};
  for (int h = 0; h < width; h += lanes<T>) sum += load(x + h) * load(y + h);
  T total = 0;
  for (int lane = 0; lane < lanes<T>; ++lane) total += sum[lane];
  return total;
}

template <typename T> inline void add_multiple(T* to, T factor, const T* x, int width) {
  for (int h = 0; h < width; h += lanes<T>) store(to + h, load(to + h) + factor * load(x + h));
}

template <typename T> std::vector<T> transposed(const T* w, int width) {
  std::vector<T> result(static_cast<size_t>(width) * width);
  for (int i = 0; i < width; ++i)
    for (int j = 0; j < width; ++j) result[static_cast<size_t>(j) * width + i] = w[static_cast<size_t>(i) * width + j];
  return result;
}

}  // namespace

// What a layer applies to every pair; the last three are null where points stay.
template <typename T> struct Weights {
  const T *features, *hidden, *hidden_bias, *gate, *gate_bias, *move, *move_bias, *weigh;
};

template <typename T> struct Gradients {
  T *features, *hidden, *hidden_bias, *gate, *gate_bias, *move, *move_bias, *weigh;
};

// A group of clouds: points side by side, pair features padded to (clouds, n, n, 1 + F).
struct Group {
  int64_t clouds, n, width, features;
  const int64_t* counts;
};

namespace {

template <typename T> struct Walker {
  Walker(const Group& group, const Weights<T>& weights)
      : w(weights), H(static_cast<int>(group.width)), F(static_cast<int>(group.features)),
        hidden_t(transposed(weights.hidden, H)) {
    const size_t size = static_cast<size_t>(group.n) * H;
    for (auto* each : {&z, &e, &y, &p, &d_e, &d_p}) each->resize(size);
    for (auto* each : {&g, &d_g}) each->resize(group.n);
    if (weights.move) move_t = transposed(weights.move, H);
  }

  // z, e and g of receiver i
  void pairwise(int i, int n, const T* a, const T* b, const T* f) {
    for (int j = 0; j < n; ++j) {
      T* to = &z[static_cast<size_t>(j) * H];
      for (int h = 0; h < H; h += lanes<T>) {
        V<T> sum = load(a + h) + load(b + static_cast<size_t>(j) * H + h);
        for (int k = 0; k < F; ++k) sum += f[j * (F + 1) + k + 1] * load(w.features + k * H + h);
        store(to + h, sum > 0 ? sum : V<T>{});
      }
    }
    times(z.data(), hidden_t.data(), e.data(), n, H);
    for (int j = 0; j < n; ++j) {
      T* to = &e[static_cast<size_t>(j) * H];
      V<T> sum{};
      for (int h = 0; h < H; h += lanes<T>) {
        V<T> value = load(to + h) + load(w.hidden_bias + h);
        value = value > 0 ? value : V<T>{};
        store(to + h, value);
        sum += value * load(w.gate + h);
      }
      T t = *w.gate_bias;
      for (int lane = 0; lane < lanes<T>; ++lane) t += sum[lane];
      g[j] = i == j ? T(0) : T(1) / (T(1) + std::exp(-t));
    }
  }

  // y = W_x e and p = relu(g y + b_x)
  void moving(int n) {
    times(e.data(), move_t.data(), y.data(), n, H);
    for (int j = 0; j < n; ++j)
      for (int h = 0; h < H; h += lanes<T>) {
        const size_t at = static_cast<size_t>(j) * H + h;
        const V<T> value = g[j] * load(&y[at]) + load(w.move_bias + h);
        store(&p[at], value > 0 ? value : V<T>{});
      }
  }

  void forward(int i, int n, const T* a, const T* b, const T* f, T* summed, T* weighed) {
    pairwise(i, n, a, b, f);
    std::memset(summed, 0, H * sizeof(T));
    for (int j = 0; j < n; ++j) add_multiple(summed, g[j], &e[static_cast<size_t>(j) * H], H);
    if (!weighed) return;
    moving(n);
    for (int j = 0; j < n; ++j) weighed[j] = i == j ? T(0) : dot(&p[static_cast<size_t>(j) * H], w.weigh, H);
  }

  void backward(int i, int n, const T* a, const T* b, const T* f, const T* d_s, const T* d_q, T* d_a, T* d_b, T* d_f,
                const Gradients<T>& d) {
    pairwise(i, n, a, b, f);
    for (int j = 0; j < n; ++j) d_g[j] = dot(&e[static_cast<size_t>(j) * H], d_s, H);
    if (d_q)
      backward_moving(i, n, d_q, d);
    else
      std::memset(d_e.data(), 0, static_cast<size_t>(n) * H * sizeof(T));
    for (int j = 0; j < n; ++j) {
      const T d_t = d_g[j] * g[j] * (1 - g[j]);
      const size_t row = static_cast<size_t>(j) * H;
      *d.gate_bias += d_t;
      for (int h = 0; h < H; h += lanes<T>) {
        const V<T> value = load(&e[row + h]);
        store(d.gate + h, load(d.gate + h) + d_t * value);
        V<T> slope = load(&d_e[row + h]) + g[j] * load(d_s + h) + d_t * load(w.gate + h);
        slope = value > 0 ? slope : V<T>{};
        store(&d_e[row + h], slope);
        store(d.hidden_bias + h, load(d.hidden_bias + h) + slope);
      }
    }
    add_outer(d_e.data(), z.data(), d.hidden, n, H);
    times(d_e.data(), w.hidden, y.data(), n, H);
    for (int j = 0; j < n; ++j) {
      const size_t row = static_cast<size_t>(j) * H;
      for (int h = 0; h < H; h += lanes<T>) {
        const V<T> slope = load(&z[row + h]) > 0 ? load(&y[row + h]) : V<T>{};
        store(&y[row + h], slope);
        store(d_a + h, load(d_a + h) + slope);
        store(d_b + row + h, load(d_b + row + h) + slope);
      }
      for (int k = 0; k < F; ++k) {
        add_multiple(d.features + k * H, f[j * (F + 1) + k + 1], &y[row], H);
        if (d_f) d_f[j * (F + 1) + k + 1] = dot(&y[row], w.features + k * H, H);
      }
    }
  }

  // what reaches e through q, into d_e
  void backward_moving(int i, int n, const T* d_q, const Gradients<T>& d) {
    moving(n);
    for (int j = 0; j < n; ++j) {
      const T slope = i == j ? T(0) : d_q[j];
      const size_t row = static_cast<size_t>(j) * H;
      V<T> sum{};
      for (int h = 0; h < H; h += lanes<T>) {
        const V<T> value = load(&p[row + h]);
        store(d.weigh + h, load(d.weigh + h) + slope * value);
        const V<T> by_p = value > 0 ? slope * load(w.weigh + h) : V<T>{};
        store(d.move_bias + h, load(d.move_bias + h) + by_p);
        sum += by_p * load(&y[row + h]);
        store(&d_p[row + h], by_p * g[j]);
      }
      for (int lane = 0; lane < lanes<T>; ++lane) d_g[j] += sum[lane];
    }
    add_outer(d_p.data(), e.data(), d.move, n, H);
    times(d_p.data(), w.move, d_e.data(), n, H);
  }

  const Weights<T> w;
  const int H, F;
  std::vector<T> hidden_t, move_t, z, e, y, p, d_e, d_p, g, d_g;
};

template <typename T>
void forward(const Group* group, const T* a, const T* b, const T* f, const Weights<T>* weights, T* summed, T* weighed) {
  Walker<T> walker(*group, *weights);
  const int64_t H = group->width, n = group->n, row = n * (group->features + 1);
  int64_t first = 0;
  for (int64_t cloud = 0; cloud < group->clouds; ++cloud) {
    const int count = static_cast<int>(group->counts[cloud]);
    for (int i = 0; i < count; ++i)
      walker.forward(i, count, a + (first + i) * H, b + first * H, f + (cloud * n + i) * row, summed + (first + i) * H,
                     weighed ? weighed + (cloud * n + i) * n : nullptr);
    first += count;
  }
}

template <typename T>
void backward(const Group* group, const T* a, const T* b, const T* f, const Weights<T>* weights, const T* d_summed,
              const T* d_weighed, T* d_a, T* d_b, T* d_f, const Gradients<T>* gradients) {
  Walker<T> walker(*group, *weights);
  const int64_t H = group->width, n = group->n, row = n * (group->features + 1);
  int64_t first = 0;
  for (int64_t cloud = 0; cloud < group->clouds; ++cloud) {
    const int count = static_cast<int>(group->counts[cloud]);
    for (int i = 0; i < count; ++i)
      walker.backward(i, count, a + (first + i) * H, b + first * H, f + (cloud * n + i) * row,
                      d_summed + (first + i) * H, d_weighed ? d_weighed + (cloud * n + i) * n : nullptr,
                      d_a + (first + i) * H, d_b + first * H, d_f ? d_f + (cloud * n + i) * row : nullptr, *gradients);
    first += count;
  }
}

}  // namespace

extern "C" {

void forward_float32(const Group* group, const float* a, const float* b, const float* f, const Weights<float>* weights,
                     float* summed, float* weighed) {
  forward(group, a, b, f, weights, summed, weighed);
}

void forward_float64(const Group* group, const double* a, const double* b, const double* f,
                     const Weights<double>* weights, double* summed, double* weighed) {
  forward(group, a, b, f, weights, summed, weighed);
}

void backward_float32(const Group* group, const float* a, const float* b, const float* f, const Weights<float>* weights,
                      const float* d_summed, const float* d_weighed, float* d_a, float* d_b, float* d_f,
                      const Gradients<float>* gradients) {
  backward(group, a, b, f, weights, d_summed, d_weighed, d_a, d_b, d_f, gradients);
}

void backward_float64(const Group* group, const double* a, const double* b, const double* f,
                      const Weights<double>* weights, const double* d_summed, const double* d_weighed, double* d_a,
                      double* d_b, double* d_f, const Gradients<double>* gradients) {
  backward(group, a, b, f, weights, d_summed, d_weighed, d_a, d_b, d_f, gradients);
}
}
