// The scene as the sun sees it: nothing but depth.

@vertex
fn place(@location(0) place: vec3f) -> @builtin(position) vec4f {
    return frame.sun_view_projection * vec4f(place, 1.0);
}
