// 2 MB of weights: larger than the predecessor's receive window.
func.func @main(%x: tensor<1x512xf32>) -> tensor<1x1024xf32> {
  %w = arith.constant dense<"0xWEIGHTS"> : tensor<512x1024xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1024xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1024xf32>) -> tensor<1x1024xf32>
  %r = linalg.matmul ins(%x, %w : tensor<1x512xf32>, tensor<512x1024xf32>) outs(%z : tensor<1x1024xf32>) -> tensor<1x1024xf32>
  return %r : tensor<1x1024xf32>
}
