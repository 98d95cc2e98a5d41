using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Mmm.Shared.Status;

namespace Mmm.Monitor.Endpoints;

/// <summary>
/// MySQL-MMM's own protocol: the client sends a command per line and <c>quit</c> at the end, and gets the answers as they are (lib/Monitor/Commands.pm and sbin/mmm_control of MySQL-MMM).
/// Unlike the original it serves more than one client at a time.
/// </summary>
internal sealed class ControlConnection(ControlAnswers answers, ILogger<ControlConnection> log) : ConnectionHandler
{
    private const string Quit = "quit";

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        // Not the connection's own end: a client that has said all may close its half and wait for the answer.
        CancellationToken stops = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stops);
        IPAddress? from = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        try
        {
            for (int number = 1; ; number++)
            {
                limit.CancelAfter(EndpointLimits.LineDeadline);
                if (await ReadLine(connection.Transport.Input, limit.Token) is not { } line || line == Quit)
                    return;
                string answer = await answers.Of(line, $"{connection.ConnectionId}-{number}", from, limit.Token);
                await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(answer), limit.Token);
                // What follows may be anything: a web page can have a browser on this machine post a command, behind the lines of an HTTP request.
                if (MmmAnswers.IsInvalidCommand(answer))
                    return;
            }
        }
        catch (InvalidDataException e)
        {
            log.LogWarning("A client of the mmm_control port at {From} is cut off: {Why}", from, e.Message);
            await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes($"ERROR: {e.Message}"), CancellationToken.None);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone or says nothing, or this monitor ends.
        }
    }

    /// <summary>The next line without its end; the last one may have none. Null = there are no more.</summary>
    private static async Task<string?> ReadLine(PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancel);
            ReadOnlySequence<byte> buffer = read.Buffer;
            SequencePosition? newline = buffer.PositionOf((byte)'\n');
            ReadOnlySequence<byte> line = newline is { } end ? buffer.Slice(0, end) : buffer;
            if (line.Length > EndpointLimits.MaxLineBytes)
            {
                input.AdvanceTo(buffer.End);
                throw new InvalidDataException($"The line is longer than {EndpointLimits.MaxLineBytes} bytes.");
            }

            if (newline is null && !read.IsCompleted)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            string? text = newline is null && line.IsEmpty ? null : Encoding.UTF8.GetString(line).TrimEnd('\r');
            input.AdvanceTo(newline is { } at ? buffer.GetPosition(1, at) : buffer.End);
            return text;
        }
    }
}
