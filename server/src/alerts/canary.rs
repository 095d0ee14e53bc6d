pub const SIZES: [u64; 3] = [100, 10_000, 1_000_000];
