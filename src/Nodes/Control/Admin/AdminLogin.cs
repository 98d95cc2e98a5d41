using System.Collections.Immutable;
using System.CommandLine;

namespace Mmm.Control.Admin;

/// <summary>An administrator's login at the servers, given with a command that needs one.</summary>
/// <param name="User">--admin-user.</param>
/// <param name="Password">From --admin-password-file or MMM_ADMIN_PASSWORD; empty where neither is given.</param>
/// <param name="Socket">--socket: the unix socket of this machine's server; null = by TCP.</param>
internal sealed record AdminLogin(string User, string Password, string? Socket)
{
    public const string PasswordVariable = "MMM_ADMIN_PASSWORD";

    public override string ToString() => $"login '{User}'";

    /// <summary>The options of a command that takes one.</summary>
    internal sealed class Options
    {
        public static readonly ImmutableArray<string> Names = ["--admin-user", "--admin-password-file", "--socket"];

        private readonly Option<string> _user = new(Names[0]) { DefaultValueFactory = _ => "root" };
        private readonly Option<string?> _passwordFile = new(Names[1]);
        private readonly Option<string?> _socket = new(Names[2]);

        public void AddTo(Command command)
        {
            command.Add(_user);
            command.Add(_passwordFile);
            command.Add(_socket);
        }

        /// <exception cref="CliFailure">The password's file cannot be used.</exception>
        public AdminLogin Read(ParseResult parsed, CliContext context) => new(
            parsed.GetValue(_user)!,
            parsed.GetValue(_passwordFile) is { } file ? PasswordIn(file) : context.Environment(PasswordVariable) ?? "",
            parsed.GetValue(_socket));

        private static string PasswordIn(string path)
        {
            try
            {
                if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) != 0)
                    throw Unusable(path, "every user of this machine may read it: chmod o-r it");
                return File.ReadLines(path).FirstOrDefault() ?? throw Unusable(path, "it is empty");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unusable(path, e.Message);
            }
        }

        private static CliFailure Unusable(string path, string why) => new(ExitCodes.Config, "config", $"ERROR: The password file {path} cannot be used: {why}");
    }
}
