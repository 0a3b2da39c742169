using System.Runtime.InteropServices;

namespace OrleansRegistry.Runtime.Native;

/// <summary>What a child is started with. It inherits nothing else: no variable, no other descriptor, no signal that is ignored.</summary>
/// <param name="Program">The path of the program.</param>
/// <param name="Arguments">Its arguments, without its name.</param>
/// <param name="Descriptors">Its descriptors: the first becomes number 0, the next number 1, and so on.</param>
/// <param name="Directory">The directory that it starts in.</param>
internal sealed record ChildCommand(
    string Program, IReadOnlyList<string> Arguments, IReadOnlyList<SafeHandle> Descriptors, string Directory = "/");
