// i1, i8, i16, i32 and f16 tensors in and out; a truth value for each.
#m = affine_map<(i) -> (i)>
func.func @main(%b: tensor<11xi1>, %c: tensor<11xi8>, %s: tensor<11xi16>, %h: tensor<11xf16>) -> (tensor<11xi1>, tensor<11xi16>, tensor<11xf16>, tensor<11xi32>) {
  %e1 = tensor.empty() : tensor<11xi1>
  %e16 = tensor.empty() : tensor<11xi16>
  %eh = tensor.empty() : tensor<11xf16>
  %e32 = tensor.empty() : tensor<11xi32>
  %r0 = linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = ["parallel"]} ins(%b, %c : tensor<11xi1>, tensor<11xi8>) outs(%e1 : tensor<11xi1>) {
  ^bb0(%t: i1, %v: i8, %o: i1):
    %z = arith.constant 0 : i8
    %p = arith.cmpi sgt, %v, %z : i8
    %x = arith.xori %t, %p : i1
    linalg.yield %x : i1
  } -> tensor<11xi1>
  %r1 = linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = ["parallel"]} ins(%c, %s : tensor<11xi8>, tensor<11xi16>) outs(%e16 : tensor<11xi16>) {
  ^bb0(%v: i8, %w: i16, %o: i16):
    %v16 = arith.extsi %v : i8 to i16
    %x = arith.addi %v16, %w : i16
    linalg.yield %x : i16
  } -> tensor<11xi16>
  %r2 = linalg.generic {indexing_maps = [#m, #m], iterator_types = ["parallel"]} ins(%h : tensor<11xf16>) outs(%eh : tensor<11xf16>) {
  ^bb0(%v: f16, %o: f16):
    %k = arith.constant 1.5 : f16
    %x = arith.mulf %v, %k : f16
    linalg.yield %x : f16
  } -> tensor<11xf16>
  %r3 = linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = ["parallel"]} ins(%b, %s : tensor<11xi1>, tensor<11xi16>) outs(%e32 : tensor<11xi32>) {
  ^bb0(%t: i1, %w: i16, %o: i32):
    %x = arith.extui %w : i16 to i32
    %z = arith.constant -1 : i32
    %y = arith.select %t, %x, %z : i32
    linalg.yield %y : i32
  } -> tensor<11xi32>
  return %r0, %r1, %r2, %r3 : tensor<11xi1>, tensor<11xi16>, tensor<11xf16>, tensor<11xi32>
}
