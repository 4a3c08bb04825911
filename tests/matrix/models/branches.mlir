// Loops and nested conditions over scalars, with calls between functions; an infinite fraction compared on the host side.
func.func private @step(%v: i32, %k: i32) -> i32 {
  %c1 = arith.constant 1 : i32
  %odd = arith.andi %v, %c1 : i32
  %z = arith.constant 0 : i32
  %is_odd = arith.cmpi ne, %odd, %z : i32
  cf.cond_br %is_odd, ^odd, ^even
^odd:
  %a = arith.muli %v, %k : i32
  %b = arith.addi %a, %c1 : i32
  cf.br ^out(%b : i32)
^even:
  %c = arith.shrui %v, %c1 : i32
  cf.br ^out(%c : i32)
^out(%r: i32):
  return %r : i32
}
func.func @main(%n: i32) -> (i32, i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c3 = arith.constant 3 : i32
  cf.br ^head(%n, %c0, %n : i32, i32, i32)
^head(%v: i32, %s: i32, %top: i32):
  %go = arith.cmpi ne, %v, %c1 : i32
  cf.cond_br %go, ^body, ^exit
^body:
  %w = func.call @step(%v, %c3) : (i32, i32) -> i32
  %t = arith.addi %s, %c1 : i32
  %more = arith.cmpi ugt, %w, %top : i32
  %new_top = arith.select %more, %w, %top : i32
  cf.br ^head(%w, %t, %new_top : i32, i32, i32)
^exit:
  return %s, %top : i32, i32
}
func.func @newton(%x: f32) -> f32 {
  %half = arith.constant 0.5 : f32
  %eps = arith.constant 1.0e-4 : f32
  %one = arith.constant 1.0 : f32
  cf.br ^head(%one : f32)
^head(%g: f32):
  %q = arith.divf %x, %g : f32
  %s = arith.addf %g, %q : f32
  %h = arith.mulf %s, %half : f32
  %d = arith.subf %h, %g : f32
  %m = arith.negf %d : f32
  %neg = arith.cmpf olt, %d, %m : f32
  %ad = arith.select %neg, %m, %d : f32
  %go = arith.cmpf ogt, %ad, %eps : f32
  cf.cond_br %go, ^head(%h : f32), ^exit
^exit:
  return %h : f32
}
