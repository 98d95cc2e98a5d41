namespace Mmm.Control.Monitors;

/// <summary>A file that holds nothing but the bearer token.</summary>
internal static class TokenFile
{
    /// <summary>The token without blanks around it.</summary>
    /// <exception cref="CliFailure">It cannot be read, is empty, or every user of the machine may read it.</exception>
    public static string Read(string path)
    {
        string token;
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) != 0)
                throw Unusable(path, "every user of this machine may read it: chmod o-r it");
            token = File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e.Message);
        }

        if (token.Length == 0)
            throw Unusable(path, "it is empty");
        return token.Any(c => c is <= ' ' or > '~') ? throw Unusable(path, "a token is one line of printable ASCII characters without blanks") : token;
    }

    /// <summary>False: it is not there, or not for this user.</summary>
    public static bool MayRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static CliFailure Unusable(string path, string why) => new(ExitCodes.Config, "config", $"ERROR: The token file {path} cannot be used: {why}");
}
