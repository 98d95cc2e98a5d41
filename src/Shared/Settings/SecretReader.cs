using Mmm.Shared.Settings.Hocon;

namespace Mmm.Shared.Settings;

/// <summary>
/// Passwords and tokens: from the configuration or from a file of their own, which may be a credential that systemd passes to its service (LoadCredential=, systemd.exec(5)). No message
/// ever holds one.
/// </summary>
internal sealed class SecretReader(IHoconSource source, HoconDocument document, SettingsProblems problems, Func<string, string?> environment)
{
    /// <summary>In front of the name of a credential.</summary>
    private const string Credential = "credential:";

    /// <summary>Set by systemd for a service that has credentials.</summary>
    private const string CredentialsFolder = "CREDENTIALS_DIRECTORY";

    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>How much this program cares about a secret.</summary>
    public enum Need
    {
        /// <summary>Without it the program cannot work.</summary>
        Required,

        /// <summary>Taken when it is there.</summary>
        Optional,

        /// <summary>The program has no use for it: its file, which may not be on this machine, is not opened.</summary>
        None,
    }

    /// <summary>Reads <c>KEY</c> or <c>KEY_file</c>.</summary>
    /// <param name="section">With defaults merged in.</param>
    /// <param name="own">The section without its defaults: what stands there wins over the other spelling in the defaults.</param>
    /// <param name="key">For example <c>monitor_password</c>.</param>
    /// <param name="need">See <see cref="Need"/>.</param>
    public Secret? Read(Section section, HoconObject own, string key, Need need)
    {
        string fileKey = key + "_file";
        HoconValue? inline = section.Take(key);
        HoconValue? file = section.Take(fileKey);
        if (inline is not null && file is not null)
        {
            bool ownInline = IsSet(own, key);
            bool ownFile = IsSet(own, fileKey);
            if (ownInline == ownFile)
            {
                problems.Error(file.Origin, file.Path, $"is set beside {inline.Path} ({inline.Origin.FileAndLine})", "one of the two");
                return null;
            }

            (inline, file) = ownInline ? (inline, (HoconValue?)null) : (null, file);
        }

        if (inline is not null)
            return Inline(inline);
        if (file is not null)
            return need == Need.None ? null : FromFile(file, need);
        if (need == Need.Required)
            problems.Error(section.MissingAt(key), section.PathOf(key), "is missing", $"a text in quotes here, or {fileKey} with the path of a file that holds it");
        return null;
    }

    private static bool IsSet(HoconObject own, string key) => own[key] is not (null or HoconScalar { IsNull: true });

    private Secret? Inline(HoconValue value)
    {
        if (value is not HoconScalar { Text.Length: > 0 } scalar)
        {
            problems.Error(value.Origin, value.Path, value is HoconScalar ? "is empty" : $"is {value.Kind}", "a text in quotes");
            return null;
        }

        if (scalar.Environment is null && document.ReadableByOthers.Contains(value.Origin.File))
            RefuseReadable(value, $"every user can read the file {value.Origin.File}, which holds this secret", value.Origin.File);
        return new Secret(scalar.Text);
    }

    private Secret? FromFile(HoconValue value, Need need)
    {
        if (value is not HoconScalar { Text.Length: > 0 } name)
        {
            problems.Error(value.Origin, value.Path, value is HoconScalar ? "is empty" : $"is {value.Kind}", "the path of a file");
            return null;
        }

        if (PathOf(value, name.Text, need) is not { } path)
            return null;
        switch (source.Find(path, value.Origin.File))
        {
            case HoconLookup.Found found:
                if (found.ReadableByOthers)
                    RefuseReadable(value, $"every user can read the file {found.Path}", found.Path);
                string secret = found.Text.TrimStart('\uFEFF').TrimEnd('\r', '\n');
                if (secret.Length > 0 && !secret.Contains('\n', StringComparison.Ordinal))
                    return new Secret(secret);
                problems.Error(value.Origin, value.Path, $"{found.Path} {(secret.Length == 0 ? "is empty" : "has several lines")}", "a file whose only line is the secret");
                return null;
            case HoconLookup.Missing missing when need == Need.Required:
                problems.Error(value.Origin, value.Path, $"{missing.Path} does not exist", "a file whose only line is the secret");
                return null;
            case HoconLookup.Unreadable unreadable when need == Need.Required:
                problems.Error(value.Origin, value.Path, $"{unreadable.Path} cannot be read: {unreadable.Reason}");
                return null;
            default:
                return null;
        }
    }

    /// <summary>Null, and told where it matters, when a credential is meant and there is none.</summary>
    private string? PathOf(HoconValue value, string file, Need need)
    {
        if (!file.StartsWith(Credential, StringComparison.Ordinal))
            return file;
        string name = file[Credential.Length..];
        if (name.Length == 0 || name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
        {
            problems.Error(value.Origin, value.Path, $"'{name}' is no name of a credential", $"{Credential}NAME, with the NAME of LoadCredential=NAME:PATH in the unit");
            return null;
        }

        if (environment(CredentialsFolder) is { Length: > 0 } folder)
            return $"{folder.TrimEnd('/')}/{name}";
        if (need == Need.Required)
        {
            problems.Error(
                value.Origin, value.Path, $"asks for the credential '{name}', and no service manager has passed any to this program ({CredentialsFolder} is not set)",
                $"LoadCredential={name}:PATH in the unit that starts it, or the path of a file");
        }

        return null;
    }

    /// <summary>Once per file: it is mended once.</summary>
    private void RefuseReadable(HoconValue value, string what, string file)
    {
        if (_refused.Add(file))
            problems.Error(value.Origin, value.Path, what, $"no access for others: chmod o= {file}");
    }
}
