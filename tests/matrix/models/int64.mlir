// i64 in kernels, as scalar arguments between i32 ones, and as scalar results.
func.func @main(%x: tensor<9xi64>, %y: tensor<9xi64>) -> tensor<9xi64> {
  %e = tensor.empty() : tensor<9xi64>
  %k = arith.constant 3 : i64
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x, %y : tensor<9xi64>, tensor<9xi64>) outs(%e : tensor<9xi64>) {
  ^bb0(%a: i64, %b: i64, %o: i64):
    %p = arith.muli %a, %b : i64
    %s = arith.shrsi %p, %k : i64
    %q = arith.subi %s, %b : i64
    %g = arith.cmpi ult, %a, %b : i64
    %t = arith.select %g, %q, %p : i64
    linalg.yield %t : i64
  } -> tensor<9xi64>
  return %r : tensor<9xi64>
}
func.func @mix(%a: i32, %b: i64, %c: i32, %d: i64) -> (i64, i32, i64) {
  %a64 = arith.extsi %a : i32 to i64
  %c64 = arith.extui %c : i32 to i64
  %p = arith.muli %b, %d : i64
  %q = arith.addi %p, %a64 : i64
  %r = arith.divsi %q, %c64 : i64
  %m = arith.remui %d, %c64 : i64
  %x = arith.xori %b, %d : i64
  %h = arith.trunci %m : i64 to i32
  return %r, %h, %x : i64, i32, i64
}
