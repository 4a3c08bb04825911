// The transcendental functions, one result each; the compiler's own approximations run on the device.
#m = affine_map<(i) -> (i)>
func.func @main(%x: tensor<19xf32>) -> (tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>) {
  %e = tensor.empty() : tensor<19xf32>
  %r:7 = linalg.generic {indexing_maps = [#m, #m, #m, #m, #m, #m, #m, #m], iterator_types = ["parallel"]} ins(%x : tensor<19xf32>) outs(%e, %e, %e, %e, %e, %e, %e : tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>) {
  ^bb0(%a: f32, %o0: f32, %o1: f32, %o2: f32, %o3: f32, %o4: f32, %o5: f32, %o6: f32):
    %one = arith.constant 1.0 : f32
    %sq = arith.mulf %a, %a : f32
    %pos = arith.addf %sq, %one : f32
    %exp = math.exp %a : f32
    %log = math.log %pos : f32
    %sin = math.sin %a : f32
    %cos = math.cos %a : f32
    %tanh = math.tanh %a : f32
    %erf = math.erf %a : f32
    %root = math.sqrt %pos : f32
    linalg.yield %exp, %log, %sin, %cos, %tanh, %erf, %root : f32, f32, f32, f32, f32, f32, f32
  } -> (tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6 : tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>
}
func.func @rounding(%x: tensor<19xf32>) -> (tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>) {
  %e = tensor.empty() : tensor<19xf32>
  %r:5 = linalg.generic {indexing_maps = [#m, #m, #m, #m, #m, #m], iterator_types = ["parallel"]} ins(%x : tensor<19xf32>) outs(%e, %e, %e, %e, %e : tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>) {
  ^bb0(%a: f32, %o0: f32, %o1: f32, %o2: f32, %o3: f32, %o4: f32):
    %floor = math.floor %a : f32
    %ceil = math.ceil %a : f32
    %abs = math.absf %a : f32
    %round = math.round %a : f32
    %one = arith.constant 1.0 : f32
    %den = arith.addf %abs, %one : f32
    %quot = arith.divf %a, %den : f32
    linalg.yield %floor, %ceil, %abs, %round, %quot : f32, f32, f32, f32, f32
  } -> (tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>)
  return %r#0, %r#1, %r#2, %r#3, %r#4 : tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>, tensor<19xf32>
}
