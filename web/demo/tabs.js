// Lets the tabs of a browser share one stream.
//
// Over HTTP/1.1 a browser opens six connections to a host for all tabs together, so one tab holds the
// stream: the one that has the lock. It tells the others when something came, and they poll, each from its
// own cursor. Like any hint it may be lost or doubled. A browser without locks has a stream in each tab.

export class Tabs {
  constructor({ onLead, onHint }) {
    this.leads = !navigator.locks;
    this.channel = new BroadcastChannel('allim-demo');
    this.channel.onmessage = onHint;
    navigator.locks?.request('allim-demo', () => {
      this.leads = true;
      onLead();
      return new Promise(() => {}); // until the tab closes
    });
  }

  hint() {
    if (this.leads) this.channel.postMessage('something came');
  }
}
