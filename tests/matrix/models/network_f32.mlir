// A small convolutional network in f32: 3x3 convolution, bias, ReLU, 2x2 max pooling, dense layer, softmax.
func.func @main(%x: tensor<1x10x10x2xf32>) -> tensor<1x5xf32> {
  %k = arith.constant dense<"0xKERNEL"> : tensor<3x3x2x6xf32>
  %b = arith.constant dense<[0.1, -0.2, 0.3, -0.4, 0.5, -0.6]> : tensor<6xf32>
  %w = arith.constant dense<"0xWEIGHTS"> : tensor<96x5xf32>
  %zero = arith.constant 0.0 : f32
  %low = arith.constant -3.4e38 : f32
  %ec = tensor.empty() : tensor<1x8x8x6xf32>
  %zc = linalg.fill ins(%zero : f32) outs(%ec : tensor<1x8x8x6xf32>) -> tensor<1x8x8x6xf32>
  %c = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>} ins(%x, %k : tensor<1x10x10x2xf32>, tensor<3x3x2x6xf32>) outs(%zc : tensor<1x8x8x6xf32>) -> tensor<1x8x8x6xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(n, h, w, c) -> (n, h, w, c)>, affine_map<(n, h, w, c) -> (c)>, affine_map<(n, h, w, c) -> (n, h, w, c)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%c, %b : tensor<1x8x8x6xf32>, tensor<6xf32>) outs(%ec : tensor<1x8x8x6xf32>) {
  ^bb0(%v: f32, %bias: f32, %o: f32):
    %s = arith.addf %v, %bias : f32
    %p = arith.cmpf ogt, %s, %zero : f32
    %r = arith.select %p, %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x8x8x6xf32>
  %win = tensor.empty() : tensor<2x2xf32>
  %ep = tensor.empty() : tensor<1x4x4x6xf32>
  %zp = linalg.fill ins(%low : f32) outs(%ep : tensor<1x4x4x6xf32>) -> tensor<1x4x4x6xf32>
  %pool = linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%a, %win : tensor<1x8x8x6xf32>, tensor<2x2xf32>) outs(%zp : tensor<1x4x4x6xf32>) -> tensor<1x4x4x6xf32>
  %flat = tensor.collapse_shape %pool [[0], [1, 2, 3]] : tensor<1x4x4x6xf32> into tensor<1x96xf32>
  %ed = tensor.empty() : tensor<1x5xf32>
  %zd = linalg.fill ins(%zero : f32) outs(%ed : tensor<1x5xf32>) -> tensor<1x5xf32>
  %d = linalg.matmul ins(%flat, %w : tensor<1x96xf32>, tensor<96x5xf32>) outs(%zd : tensor<1x5xf32>) -> tensor<1x5xf32>
  %e1 = tensor.empty() : tensor<1xf32>
  %lo = linalg.fill ins(%low : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  %max = linalg.generic {indexing_maps = [affine_map<(n, i) -> (n, i)>, affine_map<(n, i) -> (n)>], iterator_types = ["parallel", "reduction"]} ins(%d : tensor<1x5xf32>) outs(%lo : tensor<1xf32>) {
  ^bb0(%v: f32, %o: f32):
    %p = arith.cmpf ogt, %v, %o : f32
    %r = arith.select %p, %v, %o : f32
    linalg.yield %r : f32
  } -> tensor<1xf32>
  %exp = linalg.generic {indexing_maps = [affine_map<(n, i) -> (n, i)>, affine_map<(n, i) -> (n)>, affine_map<(n, i) -> (n, i)>], iterator_types = ["parallel", "parallel"]} ins(%d, %max : tensor<1x5xf32>, tensor<1xf32>) outs(%ed : tensor<1x5xf32>) {
  ^bb0(%v: f32, %m: f32, %o: f32):
    %s = arith.subf %v, %m : f32
    %r = math.exp %s : f32
    linalg.yield %r : f32
  } -> tensor<1x5xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1xf32>) -> tensor<1xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(n, i) -> (n, i)>, affine_map<(n, i) -> (n)>], iterator_types = ["parallel", "reduction"]} ins(%exp : tensor<1x5xf32>) outs(%z1 : tensor<1xf32>) {
  ^bb0(%v: f32, %o: f32):
    %r = arith.addf %v, %o : f32
    linalg.yield %r : f32
  } -> tensor<1xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, i) -> (n, i)>, affine_map<(n, i) -> (n)>, affine_map<(n, i) -> (n, i)>], iterator_types = ["parallel", "parallel"]} ins(%exp, %sum : tensor<1x5xf32>, tensor<1xf32>) outs(%ed : tensor<1x5xf32>) {
  ^bb0(%v: f32, %s: f32, %o: f32):
    %r = arith.divf %v, %s : f32
    linalg.yield %r : f32
  } -> tensor<1x5xf32>
  return %y : tensor<1x5xf32>
}
