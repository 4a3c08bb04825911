// Scalar arguments and results only, of every width; and scalars between tensors.
func.func @main(%a: i32, %b: f32, %c: i64, %d: i32) -> (f32, i64, i32) {
  %fa = arith.sitofp %a : i32 to f32
  %p = arith.mulf %fa, %b : f32
  %d64 = arith.extsi %d : i32 to i64
  %s = arith.subi %c, %d64 : i64
  %z = arith.constant 0 : i32
  %g = arith.cmpi sgt, %a, %d : i32
  %m = arith.select %g, %a, %d : i32
  return %p, %s, %m : f32, i64, i32
}
func.func @between(%a: i32, %t: tensor<5xi32>, %b: i64, %u: tensor<5xi32>, %f: f32) -> (tensor<5xi32>, i32, tensor<5xf32>) {
  %e = tensor.empty() : tensor<5xi32>
  %b32 = arith.trunci %b : i64 to i32
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%t, %u : tensor<5xi32>, tensor<5xi32>) outs(%e : tensor<5xi32>) {
  ^bb0(%x: i32, %y: i32, %o: i32):
    %p = arith.muli %x, %a : i32
    %q = arith.muli %y, %b32 : i32
    %s = arith.addi %p, %q : i32
    linalg.yield %s : i32
  } -> tensor<5xi32>
  %c2 = arith.constant 2 : index
  %v = tensor.extract %t[%c2] : tensor<5xi32>
  %ef = tensor.empty() : tensor<5xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%u : tensor<5xi32>) outs(%ef : tensor<5xf32>) {
  ^bb0(%y: i32, %o: f32):
    %yf = arith.sitofp %y : i32 to f32
    %s = arith.mulf %yf, %f : f32
    linalg.yield %s : f32
  } -> tensor<5xf32>
  return %r, %v, %g : tensor<5xi32>, i32, tensor<5xf32>
}
