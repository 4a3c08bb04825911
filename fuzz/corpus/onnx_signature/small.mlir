module {
  func.func @small(%arg0: !torch.vtensor<[1,1,8,8],f32>) -> !torch.vtensor<[1,3],f32> attributes {torch.onnx_meta.ir_version = 8 : si64, torch.onnx_meta.opset_version = 17 : si64, torch.onnx_meta.producer_name = "", torch.onnx_meta.producer_version = ""} {
    %0 = torch.operator "onnx.Constant"() {torch.onnx.value = dense_resource<w> : tensor<4x1x3x3xf32>} : () -> !torch.vtensor<[4,1,3,3],f32> 
    %1 = torch.operator "onnx.Constant"() {torch.onnx.value = dense_resource<d> : tensor<144x3xf32>} : () -> !torch.vtensor<[144,3],f32> 
    %none = torch.constant.none
    %2 = torch.operator "onnx.Conv"(%arg0, %0) {torch.onnx.pads = [0 : si64, 0 : si64, 0 : si64, 0 : si64]} : (!torch.vtensor<[1,1,8,8],f32>, !torch.vtensor<[4,1,3,3],f32>) -> !torch.vtensor<[1,4,6,6],f32> 
    %3 = torch.operator "onnx.Relu"(%2) : (!torch.vtensor<[1,4,6,6],f32>) -> !torch.vtensor<[1,4,6,6],f32> 
    %4 = torch.operator "onnx.Flatten"(%3) : (!torch.vtensor<[1,4,6,6],f32>) -> !torch.vtensor<[1,144],f32> 
    %5 = torch.operator "onnx.MatMul"(%4, %1) : (!torch.vtensor<[1,144],f32>, !torch.vtensor<[144,3],f32>) -> !torch.vtensor<[1,3],f32> 
    %6 = torch.operator "onnx.Softmax"(%5) {torch.onnx.axis =