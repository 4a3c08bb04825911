// Data-dependent addresses: rows taken by index, a slice put back, a padded and a transposed tensor.
func.func @main(%t: tensor<7x4xf32>, %i: tensor<5xi32>) -> (tensor<5x4xf32>, tensor<4x7xf32>, tensor<9x6xf32>) {
  %e = tensor.empty() : tensor<5x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(r, c) -> (r)>, affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]} ins(%i : tensor<5xi32>) outs(%e : tensor<5x4xf32>) {
  ^bb0(%k: i32, %o: f32):
    %row = arith.index_cast %k : i32 to index
    %col = linalg.index 1 : index
    %v = tensor.extract %t[%row, %col] : tensor<7x4xf32>
    linalg.yield %v : f32
  } -> tensor<5x4xf32>
  %et = tensor.empty() : tensor<4x7xf32>
  %tr = linalg.generic {indexing_maps = [affine_map<(r, c) -> (c, r)>, affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]} ins(%t : tensor<7x4xf32>) outs(%et : tensor<4x7xf32>) {
  ^bb0(%k: f32, %o: f32):
    linalg.yield %k : f32
  } -> tensor<4x7xf32>
  %pad = arith.constant -1.0 : f32
  %p = tensor.pad %t low[1, 0] high[1, 2] {
  ^bb0(%x: index, %y: index):
    tensor.yield %pad : f32
  } : tensor<7x4xf32> to tensor<9x6xf32>
  return %r, %tr, %p : tensor<5x4xf32>, tensor<4x7xf32>, tensor<9x6xf32>
}
