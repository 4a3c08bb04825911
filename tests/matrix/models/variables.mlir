// Globals of several types, one set by an initialiser, kept between calls and shared by four functions.
util.global private mutable @sum : tensor<6xf32> = dense<0.0> : tensor<6xf32>
util.global private mutable @calls : i64 = 40 : i64
util.global private mutable @last : f32 = 0.25 : f32
util.global private @table : tensor<6xf32> = dense<[0.5, -1.0, 2.0, 4.0, -8.0, 16.0]> : tensor<6xf32>
func.func @main(%x: tensor<6xf32>, %scale: f32) -> tensor<6xf32> {
  %t = util.global.load @table : tensor<6xf32>
  %old = util.global.load @sum : tensor<6xf32>
  %e = tensor.empty() : tensor<6xf32>
  %new = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %t, %old : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) outs(%e : tensor<6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.mulf %p, %scale : f32
    %s = arith.addf %c, %q : f32
    linalg.yield %s : f32
  } -> tensor<6xf32>
  util.global.store %new, @sum : tensor<6xf32>
  util.global.store %scale, @last : f32
  %n = util.global.load @calls : i64
  %c1 = arith.constant 1 : i64
  %n1 = arith.addi %n, %c1 : i64
  util.global.store %n1, @calls : i64
  return %new : tensor<6xf32>
}
func.func @calls_made() -> i64 {
  %n = util.global.load @calls : i64
  return %n : i64
}
func.func @last_scale() -> f32 {
  %n = util.global.load @last : f32
  return %n : f32
}
func.func @reset() {
  %z = arith.constant dense<0.0> : tensor<6xf32>
  util.global.store %z, @sum : tensor<6xf32>
  return
}
