// int8 matrix product with zero points, i32 accumulators and a saturating requantisation.
func.func @main(%x: tensor<5x24xi8>) -> tensor<5x12xi8> {
  %w = arith.constant dense<"0xWEIGHTS"> : tensor<24x12xi8>
  %zero = arith.constant 0 : i32
  %xzp = arith.constant -7 : i32
  %lo = arith.constant -128 : i32
  %hi = arith.constant 127 : i32
  %mul = arith.constant 1342177 : i64
  %half = arith.constant 134217728 : i64
  %shift = arith.constant 28 : i64
  %e = tensor.empty() : tensor<5x12xi32>
  %z = linalg.fill ins(%zero : i32) outs(%e : tensor<5x12xi32>) -> tensor<5x12xi32>
  %acc = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %w : tensor<5x24xi8>, tensor<24x12xi8>) outs(%z : tensor<5x12xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %a32 = arith.extsi %a : i8 to i32
    %b32 = arith.extsi %b : i8 to i32
    %d = arith.subi %a32, %xzp : i32
    %p = arith.muli %d, %b32 : i32
    %s = arith.addi %o, %p : i32
    linalg.yield %s : i32
  } -> tensor<5x12xi32>
  %e8 = tensor.empty() : tensor<5x12xi8>
  %q = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]} ins(%acc : tensor<5x12xi32>) outs(%e8 : tensor<5x12xi8>) {
  ^bb0(%a: i32, %o: i8):
    %a64 = arith.extsi %a : i32 to i64
    %p = arith.muli %a64, %mul : i64
    %r = arith.addi %p, %half : i64
    %h = arith.shrsi %r, %shift : i64
    %t = arith.trunci %h : i64 to i32
    %under = arith.cmpi slt, %t, %lo : i32
    %t1 = arith.select %under, %lo, %t : i32
    %over = arith.cmpi sgt, %t1, %hi : i32
    %t2 = arith.select %over, %hi, %t1 : i32
    %t8 = arith.trunci %t2 : i32 to i8
    linalg.yield %t8 : i8
  } -> tensor<5x12xi8>
  return %q : tensor<5x12xi8>
}
