using System.Runtime.Versioning;

// The modes of files are looked at.
[assembly: UnsupportedOSPlatform("windows")]
