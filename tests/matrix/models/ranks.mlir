// Rank 0, rank 6, and tensors without elements.
func.func @main(%a: tensor<f32>, %b: tensor<i32>, %c: tensor<1x2x1x3x1x2xf32>) -> (tensor<f32>, tensor<1x2x1x3x1x2xf32>) {
  %ea = tensor.empty() : tensor<f32>
  %r0 = linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []} ins(%a, %b : tensor<f32>, tensor<i32>) outs(%ea : tensor<f32>) {
  ^bb0(%x: f32, %y: i32, %o: f32):
    %f = arith.sitofp %y : i32 to f32
    %s = arith.addf %x, %f : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %ec = tensor.empty() : tensor<1x2x1x3x1x2xf32>
  %r1 = linalg.generic {indexing_maps = [affine_map<(u, v, w, x, y, z) -> (u, v, w, x, y, z)>, affine_map<(u, v, w, x, y, z) -> ()>, affine_map<(u, v, w, x, y, z) -> (u, v, w, x, y, z)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel", "parallel"]} ins(%c, %a : tensor<1x2x1x3x1x2xf32>, tensor<f32>) outs(%ec : tensor<1x2x1x3x1x2xf32>) {
  ^bb0(%x: f32, %k: f32, %o: f32):
    %p = arith.mulf %x, %k : f32
    linalg.yield %p : f32
  } -> tensor<1x2x1x3x1x2xf32>
  return %r0, %r1 : tensor<f32>, tensor<1x2x1x3x1x2xf32>
}
func.func @rows(%a: tensor<?x4xi32>) -> (tensor<?x4xi32>, tensor<4xi32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?x4xi32>
  %e = tensor.empty(%n) : tensor<?x4xi32>
  %one = arith.constant 1 : i32
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<?x4xi32>) outs(%e : tensor<?x4xi32>) {
  ^bb0(%x: i32, %o: i32):
    %s = arith.addi %x, %one : i32
    linalg.yield %s : i32
  } -> tensor<?x4xi32>
  %zero = arith.constant 0 : i32
  %e4 = tensor.empty() : tensor<4xi32>
  %z = linalg.fill ins(%zero : i32) outs(%e4 : tensor<4xi32>) -> tensor<4xi32>
  %s = linalg.generic {indexing_maps = [affine_map<(j, i) -> (i, j)>, affine_map<(j, i) -> (j)>], iterator_types = ["parallel", "reduction"]} ins(%a : tensor<?x4xi32>) outs(%z : tensor<4xi32>) {
  ^bb0(%x: i32, %o: i32):
    %q = arith.addi %o, %x : i32
    linalg.yield %q : i32
  } -> tensor<4xi32>
  return %r, %s : tensor<?x4xi32>, tensor<4xi32>
}
