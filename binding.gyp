{
  # The core (zig-out/lib/libnano_core.a) is built before, by scripts/build.mjs.
  "targets": [
    {
      "target_name": "nano",
      "sources": ["<!@(node -p \"require('./native/v8-bridge/sources.json').sources.join(' ')\")"],
      "libraries": ["<(module_root_dir)/zig-out/lib/libnano_core.a"],
      "defines": ["NAPI_VERSION=9", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      # Others' headers are system headers: our warnings are errors, theirs are not ours.
      "cflags": [
        "-isystem <(node_root_dir)/include/node",
        "-isystem <!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")",
        "-Wall", "-Wextra", "-Werror",
        "-fvisibility=hidden", "-fvisibility-inlines-hidden",
        "-ffunction-sections", "-fdata-sections"
      ],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++20"],
      # nodelete: the threads go on when a worker that loaded the addon ends.
      "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,--strip-debug", "-Wl,-z,noexecstack", "-Wl,-z,nodelete"]
    }
  ]
}
