/// Table E.1-1 of PS3.15, without the UIDs.
static IDENTIFYING: &[u32] = &[0x0008_0050, 0x0010_0010, 0x0010_0020];
