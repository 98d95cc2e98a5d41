using System.Diagnostics;
using System.Text;

namespace Mmm.Lab.Processes;

/// <summary>What a finished command said.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    /// <summary>The error text in one line, or the output when there is none.</summary>
    public string Why => string.Join(' ', (Errors.Trim().Length > 0 ? Errors : Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

/// <summary>Runs a command to its end, with a deadline.</summary>
public static class Tool
{
    public static async Task<ToolResult> RunAsync(
        IReadOnlyList<string> arguments, string? input = null, TimeSpan? timeout = null, IReadOnlyDictionary<string, string>? environment = null, CancellationToken ct = default)
    {
        ProcessStartInfo info = new(arguments[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments.Skip(1))
            info.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            info.Environment[name] = value;
        using Process process = new() { StartInfo = info };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new LabException($"'{arguments[0]}' could not be started: {e.Message}. Is it installed?", e);
        }

        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(timeout ?? TimeSpan.FromSeconds(60));
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync((input ?? "").AsMemory(), deadline.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return new ToolResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new LabException($"'{Shown(arguments)}' did not end within {(timeout ?? TimeSpan.FromSeconds(60)).TotalSeconds:0} s and was killed.");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>As <see cref="RunAsync"/>, but an exit code other than 0 is an error with the command's own words.</summary>
    public static async Task<string> RunOrThrowAsync(IReadOnlyList<string> arguments, string? input = null, TimeSpan? timeout = null, CancellationToken ct = default)
    {
        ToolResult result = await RunAsync(arguments, input, timeout, null, ct);
        return result.ExitCode == 0 ? result.Output : throw new LabException($"'{Shown(arguments)}' failed ({result.ExitCode}): {result.Why}");
    }

    private static string Shown(IReadOnlyList<string> arguments)
    {
        string text = new StringBuilder().AppendJoin(' ', arguments).ToString();
        return text.Length <= 200 ? text : text[..200] + "…";
    }
}
