using System.Runtime.Versioning;

// Processes run on Linux only.
[assembly: SupportedOSPlatform("linux")]
