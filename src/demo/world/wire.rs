//! Loopback connections that can be closed in the middle of an answer.
//!
//! A handler cannot do that: whatever it returns, the HTTP layer frames properly. So the socket itself stops.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::demo::locked;

#[derive(Clone, Copy, Debug, Default)]
enum Flow {
    #[default]
    Open,
    /// The head passes, and so many bytes of the body.
    Head(usize),
    /// So many bytes pass, then the connection closes.
    Bytes(usize),
}

/// Stops what the server writes on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Valve(Arc<Mutex<Flow>>);

impl Valve {
    /// Nothing more is written.
    pub(super) fn close(&self) {
        *locked(&self.0) = Flow::Bytes(0);
    }

    /// The head and `keep` bytes of the body are written.
    pub(super) fn cut(&self, keep: usize) {
        *locked(&self.0) = Flow::Head(keep);
    }

    /// How much of `chunk` may be written; None closes the connection.
    fn allow(&self, chunk: &[u8]) -> Option<usize> {
        let mut flow = locked(&self.0);
        if let Flow::Head(keep) = *flow
            && let Some(end) = chunk.windows(4).position(|window| window == b"\r\n\r\n")
        {
            *flow = Flow::Bytes(end + 4 + keep);
        }
        match *flow {
            Flow::Open | Flow::Head(_) => Some(chunk.len()),
            Flow::Bytes(0) => None,
            Flow::Bytes(left) => Some(left.min(chunk.len())),
        }
    }

    fn passed(&self, bytes: usize) {
        let mut flow = locked(&self.0);
        if let Flow::Bytes(left) = *flow {
            *flow = Flow::Bytes(left.saturating_sub(bytes));
        }
    }
}

impl Connected<IncomingStream<'_, Door>> for Valve {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Accepts connections, each with its valve for an address.
pub(super) struct Door(pub(super) TcpListener);

impl Listener for Door {
    type Io = Pipe;
    type Addr = Valve;

    async fn accept(&mut self) -> (Pipe, Valve) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for the client's acknowledgement; a socket without it is slower, not wrong.
        stream.set_nodelay(true).ok();
        let valve = Valve::default();
        (Pipe { stream, valve: valve.clone() }, valve)
    }

    fn local_addr(&self) -> io::Result<Valve> {
        Ok(Valve::default())
    }
}

/// One connection.
pub(super) struct Pipe {
    stream: TcpStream,
    valve: Valve,
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, chunk: &[u8]) -> Poll<io::Result<usize>> {
        let Some(allowed) = self.valve.allow(chunk) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let written = Pin::new(&mut self.stream).poll_write(cx, &chunk[..allowed]);
        if let Poll::Ready(Ok(bytes)) = &written {
            self.valve.passed(*bytes);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
