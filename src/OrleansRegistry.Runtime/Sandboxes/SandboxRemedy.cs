namespace OrleansRegistry.Runtime.Sandboxes;

/// <summary>Says why a machine lets no sandbox start, and what to do about it.</summary>
internal static class SandboxRemedy
{
    /// <summary>The remedy, in one or two sentences.</summary>
    /// <param name="output">What bubblewrap said.</param>
    public static string Of(string output)
    {
        if (output.Contains("Unknown option", StringComparison.Ordinal))
        {
            return "Install bubblewrap 0.8 or later.";
        }

        if (Reads("/proc/sys/user/max_user_namespaces", "0"))
        {
            return "This machine allows no user namespaces: raise the sysctl user.max_user_namespaces.";
        }

        if (Reads("/proc/sys/kernel/unprivileged_userns_clone", "0"))
        {
            return "This machine allows no user namespaces: set the sysctl kernel.unprivileged_userns_clone to 1.";
        }

        if (Reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
        {
            return "AppArmor restricts user namespaces: give bwrap a profile that allows userns, "
                + "or set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0.";
        }

        return IsInContainer()
            ? "The container's seccomp profile or its masked /proc stops sandboxes. Give this node a pod for itself and set "
                + "Registry__Runtime__Isolation to container."
            : "Let the node's user make user namespaces, or run the node without serving environments.";
    }

    private static bool IsInContainer() =>
        File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is not null;

    private static bool Reads(string path, string value) => File.Exists(path) && File.ReadAllText(path).Trim() == value;
}
